package dev.sluice.gateway.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/**
 * {@code sluice load}, where there is nothing to run: in the sources the launcher starts the load
 * tests, a project of their own, before it comes to this.
 */
@Command(
    name = "load",
    description = {
      "Runs a load test (Gatling) against a running gateway.",
      "./sluice load lists them; they come with the sources, in load-tests."
    })
final class LoadCommand implements Callable<Integer> {
  @Unmatched private final List<String> given = new ArrayList<>();

  @Override
  public Integer call() {
    throw new Sluice.Refusal("there are no load tests here; they come with the sources");
  }
}
