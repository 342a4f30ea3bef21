package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.testing.AdminClient;
import dev.sluice.gateway.testing.RunningGateway;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class AdminLoopTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 8})
  void theAdminApiAnswersWhileAllLoopsOfRequestsAreStuck(int loops) throws Exception {
    try (RunningGateway gateway =
        RunningGateway.start("loops: " + loops + "\nlisteners: {web: {port: 0}}\nroutes: []\n")) {
      CountDownLatch stuck = new CountDownLatch(loops);
      CountDownLatch free = new CountDownLatch(1);
      try {
        gateway
            .gateway()
            .loops()
            .forEach(loop ->
                loop.context()
                    .runOnContext(now -> {
                      stuck.countDown();
                      try {
                        free.await(30, TimeUnit.SECONDS);
                      } catch (InterruptedException end) {
                        Thread.currentThread().interrupt();
                      }
                    }));
        assertThat(stuck.await(10, TimeUnit.SECONDS)).isTrue();
        for (String path : List.of("/health/live", "/health/ready", "/config/status", "/metrics")) {
          assertThat(new AdminClient(gateway.adminPort()).get(path).status())
              .as(path)
              .isEqualTo(200);
        }
      } finally {
        free.countDown();
      }
    }
  }
}
