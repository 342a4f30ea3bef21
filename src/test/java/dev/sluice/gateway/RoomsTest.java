package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RoomsTest {
  @Test
  void aRoomUsesLowerLayersOnly() {
    assertThat(Rooms.mayUse("config", "http")).isTrue();
    assertThat(Rooms.mayUse("http", "config")).isFalse();
    assertThat(Rooms.mayUse("filter", "route")).isFalse();
  }

  @Test
  void aRoomNeverUsesItsNeighbour() {
    assertThat(Rooms.mayUse("upstream", "observe")).isFalse();
    assertThat(Rooms.mayUse("resilience", "http")).isFalse();
    assertThat(Rooms.mayUse("filter.limit", "filter.header")).isFalse();
  }

  @Test
  void aSubPackageUsesItsParentAndNotTheOtherWayRound() {
    assertThat(Rooms.mayUse("filter.limit", "filter")).isTrue();
    assertThat(Rooms.mayUse("filter", "filter.limit")).isFalse();
  }

  @Test
  void everyoneUsesFailureAndFailureNobody() {
    assertThat(Rooms.mayUse("http", "failure")).isTrue();
    assertThat(Rooms.mayUse("wire", "failure")).isTrue();
    assertThat(Rooms.mayUse("failure", "http")).isFalse();
  }

  @Test
  void wireHasListsOfItsOwn() {
    assertThat(Rooms.mayUse("wire", "http")).isTrue();
    assertThat(Rooms.mayUse("wire", "exchange")).isFalse();
    assertThat(Rooms.mayUse("server", "wire")).isTrue();
    assertThat(Rooms.mayUse("upstream", "wire")).isFalse();
  }

  @Test
  void aNewRoomNeedsALayer() {
    assertThat(Rooms.known("attic")).isFalse();
    assertThatThrownBy(() -> Rooms.mayUse("attic", "http")).hasMessageContaining("attic");
  }
}
