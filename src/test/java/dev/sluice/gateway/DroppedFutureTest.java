package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.StackInstruction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A future thrown away fails the build, as its failure would be lost. Methods that attach a handler
 * give the same future back and may be dropped; everything else goes to {@code exchange.Watched}.
 */
class DroppedFutureTest {
  private static final List<String> HANDLED = List.of("onComplete", "onFailure");

  @Test
  void noClassDropsAFuture() throws IOException {
    List<String> dropped = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of("target/classes"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
        scan(ClassFile.of().parse(file), dropped);
      }
    }
    assertThat(dropped).isEmpty();
  }

  @Test
  void aDroppedFutureIsFound() throws IOException {
    List<String> dropped = new ArrayList<>();
    scan(
        ClassFile.of()
            .parse(
                Path.of(
                    "target/test-classes/dev/sluice/gateway" + "/DroppedFutureTest$Dropper.class")),
        dropped);
    assertThat(dropped).hasSize(1);
  }

  static void scan(ClassModel model, List<String> dropped) {
    for (MethodModel method : model.methods()) {
      InvokeInstruction last = null;
      for (CodeElement element : method.code().map(c -> c.elementList()).orElse(List.of())) {
        if (element instanceof InvokeInstruction invoke) {
          last = invoke;
        } else if (element instanceof Instruction) {
          if (last != null
              && element instanceof StackInstruction stack
              && stack.opcode() == Opcode.POP
              && isFuture(last)) {
            dropped.add(
                model.thisClass().asInternalName()
                    + "."
                    + method.methodName()
                    + " drops "
                    + last.name()
                    + last.type());
          }
          last = null;
        }
      }
    }
  }

  private static boolean isFuture(InvokeInstruction invoke) {
    return invoke.type().stringValue().endsWith(")Lio/vertx/core/Future;")
        && HANDLED.stream().noneMatch(name -> invoke.name().equalsString(name));
  }

  /** What must be found. */
  static final class Dropper {
    void drop(io.vertx.core.Vertx vertx) {
      vertx.close();
    }
  }
}
