package dev.sluice.gateway.filter.limit;

/** The other nodes as limits see them; filled by the cluster. Any thread; nothing waits. */
public interface Peers {
  /** There are none. */
  Peers NONE =
      new Peers() {
        @Override
        public void send(byte[] message) {}

        @Override
        public int nodes() {
          return 1;
        }

        @Override
        public boolean silent() {
          return false;
        }
      };

  /** Tells all others, soon; lost for those that do not hear. */
  void send(byte[] message);

  /** How many nodes there are, this one among them. */
  int nodes();

  /** Whether one of them was not heard for too long. */
  boolean silent();
}
