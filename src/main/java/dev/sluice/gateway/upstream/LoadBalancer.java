package dev.sluice.gateway.upstream;

import dev.sluice.gateway.config.UpstreamConfig.Balance;
import dev.sluice.gateway.resilience.Ticker;
import java.util.random.RandomGenerator;

/** Makes pickers; stateless. */
@FunctionalInterface
public interface LoadBalancer {
  /** A picker over these endpoints for one loop. */
  Picker picker(EndpointSet endpoints, RandomGenerator random, Ticker ticker);

  /** The one that the configuration asks for. */
  static LoadBalancer of(Balance balance) {
    return switch (balance) {
      case Balance.PowerOfTwo p2c -> PowerOfTwoPicker::new;
      case Balance.RoundRobin turn -> RoundRobinPicker::new;
      case Balance.LeastRequests least -> LeastRequestsPicker::new;
      case Balance.Random chance -> RandomPicker::new;
      case Balance.RingHash ring -> RingHashPicker::new;
    };
  }
}
