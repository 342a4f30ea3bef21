package dev.sluice.gateway;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The layers, the fences around libraries and the calls that nobody makes, read from the compiled
 * classes.
 */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter().importPath(Path.of("target/classes"));

  @Test
  void classFilesAreRead() {
    assertThat(CLASSES.contain(Gateway.class)).isTrue();
    assertThat(CLASSES.get(Gateway.class).getDirectDependenciesFromSelf()).isNotEmpty();
  }

  @Test
  void everyRoomHasALayer() {
    assertThat(CLASSES.stream().map(JavaClass::getPackageName).map(Rooms::of).distinct())
        .allSatisfy(room -> assertThat(room).isNotNull().matches(Rooms::known));
  }

  @Test
  void roomsUseLowerRoomsOnly() {
    TreeSet<String> wrong = new TreeSet<>();
    for (JavaClass user : CLASSES) {
      String from = Objects.requireNonNull(Rooms.of(user.getPackageName()), user.getName());
      user.getDirectDependenciesFromSelf()
          .forEach(dependency -> {
            JavaClass used = dependency.getTargetClass().getBaseComponentType();
            String to = Rooms.of(used.getPackageName());
            if (to != null && !Rooms.mayUse(from, to)) {
              wrong.add(user.getName() + " uses " + used.getName());
            }
          });
    }
    assertThat(wrong).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "com.hazelcast..                             | cluster",
        "io.vertx.sqlclient.. java.sql.. javax.sql.. | database",
        "io.vertx.pgclient.. io.vertx.mysqlclient..  | database",
        "com.zaxxer.. org.flywaydb..                 | database",
        "io.github.bucket4j..                        | filter.limit",
        "com.github.benmanes..                       | filter.limit cluster",
        "io.fabric8..                                | upstream.kubernetes",
        "com.networknt.. tools.jackson..             | jobs",
        "org.bouncycastle..                          | jobs.builtin cluster",
        "net.coobird..                               | jobs.builtin",
        "org.graalvm..                               | script",
        "org.snakeyaml..                             | config",
        "io.micrometer.. io.opentelemetry.. io.prometheus.. | observe",
        "org.gaul.. org.eclipse.jetty..              | embedded",
        "picocli..                                   | cli",
        // The levels that the admin API changes are set in the logger itself; observe listens to
        // it.
        "ch.qos.logback..                            | admin observe",
        "io.vertx.ext.web..                          | admin",
        "com.github.difflib..                        | admin",
        "com.google.re2j..                           | config route",
        "io.netty.resolver.. io.netty.handler.codec.dns.. | upstream",
        "io.netty.channel.epoll.. io.netty.channel.unix..  | wire takeover",
        "io.netty.handler.codec.http.. io.netty.handler.codec.http2.. | wire"
      })
  void librariesStayInTheirRoom(String packages, String rooms) {
    noClasses()
        .that(resideOutsideOfPackages(ours(rooms)))
        .should()
        .dependOnClassesThat(resideInAnyPackage(packages.split(" ")))
        .check(CLASSES);
  }

  @Test
  void internalsOfVertxStayInWire() {
    ArchRule rule =
        noClasses()
            .that(resideOutsideOfPackages(ours("wire")))
            .should()
            .dependOnClassesThat(
                resideInAnyPackage("io.vertx..impl..", "io.vertx..internal..", "io.vertx..spi..")
                    // The public class of vertx-hazelcast has its place there.
                    .and(
                        DescribedPredicate.not(
                            JavaClass.Predicates.type(HazelcastClusterManager.class))));
    rule.check(CLASSES);
  }

  @Test
  void wireStaysSmall() {
    DescribedPredicate<JavaClass> inWire = resideInAPackage(Rooms.ROOT + ".wire");
    assertThat(CLASSES.that(inWire).stream().filter(type -> !type.getName().contains("$")))
        .as("files in wire, package-info not counted")
        .filteredOn(type -> !type.getSimpleName().equals("package-info"))
        .hasSizeLessThanOrEqualTo(6);
  }

  @Test
  void failureAndResilienceKnowNoLibrary() {
    noClasses()
        .that(resideInAnyPackage(ours("failure resilience")))
        .should()
        .dependOnClassesThat(
            resideOutsideOfPackages(
                "java..", "org.jspecify..", Rooms.ROOT + ".failure", Rooms.ROOT + ".resilience"))
        .check(CLASSES);
  }

  @Test
  void messageRulesKnowNoInputAndOutput() {
    DescribedPredicate<JavaClass> vertx =
        resideInAnyPackage("io.vertx..", "io.netty..")
            .and(
                DescribedPredicate.describe(
                    "not a mere value or rule",
                    type ->
                        !List.of("MultiMap", "Buffer", "HttpHeaders", "NetUtil")
                            .contains(type.getSimpleName())));
    noClasses()
        .that(resideInAnyPackage(ours("http")))
        .should()
        .dependOnClassesThat(vertx)
        .check(CLASSES);
  }

  @Test
  void nobodySleepsOrAsksTheClock() {
    sleeping().check(CLASSES);
    // Access-log lines and certificates need the time of day: they ask java.time through Instant or
    // a Clock.
    noClasses()
        .that(not("dev.sluice.gateway.resilience.SystemTicker"))
        .should()
        .callMethod(System.class, "nanoTime")
        .check(CLASSES);
  }

  @Test
  void theRuleAgainstSleepingFindsASleeper() {
    JavaClasses sleeper = new ClassFileImporter().importClasses(Sleeper.class);
    assertThat(sleeping().evaluate(sleeper).hasViolation()).isTrue();
  }

  @Test
  void onlyTheCommandsPrint() {
    noClasses()
        .that(resideOutsideOfPackages(ours("cli")))
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(CLASSES);
  }

  @Test
  void onlyConfigAndTheCommandsReadTheEnvironment() {
    noClasses()
        .that(resideOutsideOfPackages(ours("config cli")))
        .should()
        .callMethod(System.class, "getenv")
        .orShould()
        .callMethod(System.class, "getenv", String.class)
        .check(CLASSES);
  }

  @Test
  void nobodyWaitsForAFutureOnALoop() {
    noClasses()
        // Main and the commands run on the main thread, and wait for start and stop there.
        .that(not("dev.sluice.gateway.Main").and(resideOutsideOfPackages(ours("cli"))))
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                "waits for a future",
                call ->
                    call.getTarget().getName().equals("await")
                        && call.getTargetOwner().getName().startsWith("io.vertx.core.")))
        .check(CLASSES);
  }

  @Test
  void theRequestPathFormatsNoStrings() {
    noClasses()
        .that(
            resideInAnyPackage(ours("upstream filter observe cluster route proxy compose respond")))
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                "formats a string",
                call ->
                    call.getTargetOwner().isEquivalentTo(String.class)
                        && List.of("format", "formatted").contains(call.getTarget().getName())))
        .check(CLASSES);
  }

  private static ArchRule sleeping() {
    return noClasses()
        .should()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Thread.class, "sleep", java.time.Duration.class)
        .orShould()
        .callMethod(System.class, "currentTimeMillis");
  }

  private static DescribedPredicate<JavaClass> not(String name) {
    return DescribedPredicate.describe("are not " + name, type -> !type.getName().equals(name));
  }

  /** Package patterns for rooms and what is below them. */
  private static String[] ours(String rooms) {
    return Arrays.stream(rooms.split(" "))
        .flatMap(room -> Stream.of(Rooms.ROOT + "." + room + ".."))
        .toArray(String[]::new);
  }

  /** What must be found. */
  static final class Sleeper {
    void sleep() throws InterruptedException {
      Thread.sleep(1);
    }
  }
}
