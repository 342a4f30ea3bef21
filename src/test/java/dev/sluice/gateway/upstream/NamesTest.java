package dev.sluice.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.NameServer;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NamesTest {
  private static final String SIX_1 = "fd00:0:0:0:0:0:0:1";
  private static final String SIX_2 = "fd00:0:0:0:0:0:0:2";

  private final NameServer server = NameServer.start();
  private final Names names = new Names(server.address());
  private final LinkedBlockingQueue<List<String>> found = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    names.close();
    server.close();
  }

  private List<String> next() throws InterruptedException {
    List<String> addresses = found.poll(20, TimeUnit.SECONDS);
    assertThat(addresses).as("told in time").isNotNull();
    return addresses == null ? List.of() : addresses;
  }

  private void afterQuestions(int more) {
    int until = server.questions() + more;
    Gauges.until("nobody asks", () -> server.questions() >= until);
  }

  @Test
  void addressesAppearChangeAndStayWhileAskingFails() throws Exception {
    server.four("10.0.0.1");
    names.watch("users.test", found::add);
    assertThat(next()).containsExactly("10.0.0.1");
    server.four("10.0.0.2", "10.0.0.3");
    assertThat(next()).containsExactly("10.0.0.2", "10.0.0.3");
    server.sixFails(NameServer.SERVER_FAILURE);
    server.fourFails(NameServer.SERVER_FAILURE);
    afterQuestions(4);
    assertThat(found).isEmpty();
    server.four("10.0.0.4");
    assertThat(next()).containsExactly("10.0.0.4");
  }

  @Test
  void addressesOfVersionSixStayWhileOnlyTheyCannotBeAsked() throws Exception {
    server.four("10.0.0.1");
    server.six("fd00::1");
    names.watch("both.test", found::add);
    assertThat(next()).containsExactly("10.0.0.1", SIX_1);
    server.sixFails(NameServer.SERVER_FAILURE);
    server.four("10.0.0.2");
    assertThat(next()).containsExactly("10.0.0.2", SIX_1);
    server.six("fd00::2");
    assertThat(next()).containsExactly("10.0.0.2", SIX_2);
    server.six(); // there is none any more, which is an answer
    assertThat(next()).containsExactly("10.0.0.2");
  }

  @Test
  void addressesOfVersionFourStayWhileOnlyTheyCannotBeAsked() throws Exception {
    server.four("10.0.0.1");
    server.six("fd00::1");
    names.watch("both.test", found::add);
    assertThat(next()).containsExactly("10.0.0.1", SIX_1);
    server.fourFails(NameServer.SERVER_FAILURE);
    server.six("fd00::2");
    assertThat(next()).containsExactly("10.0.0.1", SIX_2);
    server.four();
    assertThat(next()).containsExactly(SIX_2);
  }

  @Test
  void aNameWithVersionSixAloneIsFound() throws Exception {
    server.six("fd00::1");
    names.watch("six.test", found::add);
    assertThat(next()).containsExactly(SIX_1);
  }

  @Test
  void namesAreAskedAgainAfterOneSecondAtTheSoonestAndFiveMinutesAtTheLatest() {
    assertThat(Names.pause(0)).isEqualTo(1);
    assertThat(Names.pause(1)).isEqualTo(1);
    assertThat(Names.pause(77)).isEqualTo(77);
    assertThat(Names.pause(300)).isEqualTo(300);
    assertThat(Names.pause(0xffff_ffffL)).isEqualTo(300);
  }

  @Test
  void aNameThatIsUnknownAtFirstIsFoundLater() throws Exception {
    server.fourFails(NameServer.NO_SUCH_NAME);
    server.sixFails(NameServer.NO_SUCH_NAME);
    names.watch("later.test", found::add);
    afterQuestions(2);
    assertThat(found).isEmpty();
    server.four("10.0.0.1");
    assertThat(next()).containsExactly("10.0.0.1");
  }

  @Test
  void addressesAreNoNames() {
    assertThat(Names.literal("10.0.0.1")).isTrue();
    assertThat(Names.literal("::1")).isTrue();
    assertThat(Names.literal("users.test")).isFalse();
  }
}
