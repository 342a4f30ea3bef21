package dev.sluice.gateway.upstream.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.Slice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which endpoints a number of EndpointSlices mean. */
class SlicesTest {
  private static Slices.Meaning meaning(String port, EndpointSlice... all) {
    Slices slices = new Slices(port);
    slices.replace(List.of(all));
    return slices.meaning();
  }

  private static List<String> sockets(Slices.Meaning meaning) {
    return meaning.sockets().stream().map(socket -> socket.host() + " " + socket.port()).toList();
  }

  @Test
  void onlyTheReadyAreUsed() {
    Slices.Meaning meaning =
        meaning(
            "http",
            Slice.four("a")
                .port("http", 80)
                .ready("10.0.0.1")
                .starting("10.0.0.2")
                .draining("10.0.0.3")
                .dying("10.0.0.4")
                .build());
    assertThat(sockets(meaning)).containsExactly("10.0.0.1 80");
    assertThat(meaning.draining()).isEqualTo(1);
  }

  @Test
  void whenNoneIsReadyThoseThatStillServeAreUsed() {
    Slices.Meaning meaning =
        meaning(
            "http",
            Slice.four("a")
                .port("http", 80)
                .starting("10.0.0.2")
                .draining("10.0.0.3")
                .dying("10.0.0.4")
                .build());
    assertThat(sockets(meaning)).containsExactly("10.0.0.3 80");
  }

  @Test
  void unknownReadinessCountsAsReady() {
    assertThat(
            sockets(meaning("http", Slice.four("a").port("http", 80).unknown("10.0.0.1").build())))
        .containsExactly("10.0.0.1 80");
  }

  @Test
  void whatIsNoAddressIsPassedOver() {
    assertThat(
            sockets(
                meaning(
                    "http",
                    Slice.four("a").port("http", 80).ready("10.0.0.1").ready("10.0.0.x").build())))
        .containsExactly("10.0.0.1 80");
  }

  @Test
  void slicesMergeInAStableOrderWithoutRepetition() {
    EndpointSlice one =
        Slice.four("one").port("http", 80).ready("10.0.0.2").ready("10.0.0.1").build();
    EndpointSlice two =
        Slice.four("two").port("http", 80).ready("10.0.0.3").ready("10.0.0.1").build();
    EndpointSlice six =
        Slice.six("six").port("http", 80).ready("fd00::1").ready("FD00:0::1").build();
    List<String> wanted =
        List.of("10.0.0.1 80", "10.0.0.2 80", "10.0.0.3 80", "fd00:0:0:0:0:0:0:1 80");
    assertThat(sockets(meaning("http", one, two, six))).isEqualTo(wanted);
    assertThat(sockets(meaning("http", six, two, one))).isEqualTo(wanted);
  }

  @Test
  void anEndpointThatIsReadyInOneSliceAndLeavesAnotherIsReady() {
    Slices.Meaning meaning =
        meaning(
            "http",
            Slice.four("old").port("http", 80).draining("10.0.0.1").build(),
            Slice.four("new").port("http", 80).ready("10.0.0.1").build());
    assertThat(sockets(meaning)).containsExactly("10.0.0.1 80");
    assertThat(meaning.draining()).isZero();
  }

  @Test
  void eachSliceHasItsOwnNumberForThePortsName() {
    assertThat(
            sockets(
                meaning(
                    "http",
                    Slice.four("old").port("http", 8080).ready("10.0.0.1").build(),
                    Slice.four("new")
                        .port("admin", 9)
                        .port("http", 9090)
                        .ready("10.0.0.2")
                        .build())))
        .containsExactly("10.0.0.1 8080", "10.0.0.2 9090");
  }

  @Test
  void aPortIsFoundByItsNumberToo() {
    assertThat(
            sockets(meaning("8080", Slice.four("a").port("http", 8080).ready("10.0.0.1").build())))
        .containsExactly("10.0.0.1 8080");
    assertThat(sockets(meaning("8080", Slice.four("a").ready("10.0.0.1").build())))
        .as("a headless service that names no ports")
        .containsExactly("10.0.0.1 8080");
  }

  @Test
  void aPortThatIsNotThereMeansNobodyAndSaysWhatThereIs() {
    Slices.Meaning meaning =
        meaning(
            "http",
            Slice.four("a").udp("http", 53).port("web", 80).port("", 81).ready("10.0.0.1").build());
    assertThat(meaning.sockets()).isEmpty();
    assertThat(meaning.otherPorts()).containsExactly("81", "web=80");
  }

  @Test
  void slicesOfNamesAreLeftOut() {
    EndpointSlice names = Slice.four("a").port("http", 80).ready("users.example.com").build();
    names.setAddressType("FQDN");
    assertThat(meaning("http", names).sockets()).isEmpty();
  }
}
