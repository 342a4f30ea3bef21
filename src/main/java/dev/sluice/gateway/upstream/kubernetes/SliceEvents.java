package dev.sluice.gateway.upstream.kubernetes;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one watch tells: each event goes into the slices at once; whoever waits looks at all that
 * came meanwhile together, so that many changes are one change of endpoints. Events come on a
 * thread of the client.
 */
final class SliceEvents implements Watcher<EndpointSlice> {
  private final Slices slices;
  private final Semaphore news = new Semaphore(0);
  private volatile @Nullable String version;
  private volatile boolean heard;
  private volatile boolean over;

  /**
   * @param version from which on it watches
   */
  SliceEvents(Slices slices, @Nullable String version) {
    this.slices = slices;
    this.version = version;
  }

  @Override
  public void eventReceived(Action action, EndpointSlice slice) {
    if (over) {
      return;
    }
    switch (action) {
      case ADDED, MODIFIED -> slices.put(slice);
      case DELETED -> slices.remove(slice);
      case BOOKMARK, ERROR -> {} // a bookmark brings a version only; an error ends the watch
    }
    heard = true;
    if (action != Action.ERROR) {
      version = slice.getMetadata().getResourceVersion();
    }
    news.release();
  }

  @Override
  public void onClose(WatcherException cause) {
    if (cause.isHttpGone()) {
      version = null;
    }
    over = true;
    news.release();
  }

  /** Waits for news, at most so long; false when there will be none any more. */
  boolean happened(long seconds) throws InterruptedException {
    boolean some = news.tryAcquire(seconds, TimeUnit.SECONDS);
    news.drainPermits();
    boolean goesOn = some && !over;
    over |= !some;
    return goesOn;
  }

  /** What comes from now on is of no interest. */
  void end() {
    over = true;
  }

  boolean over() {
    return over;
  }

  /** Whether there was any event. */
  boolean heard() {
    return heard;
  }

  /** From which to go on; null when only a new list can tell. */
  @Nullable String version() {
    return version;
  }
}
