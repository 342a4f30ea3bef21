package dev.sluice.gateway.upstream;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.resolver.HostsFileEntriesProvider;
import io.netty.resolver.dns.DnsErrorCauseException;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the addresses behind names and keeps them fresh: asks again when the shortest time to live
 * is over (1 to 300 s); while asking fails, the last good addresses stay. One thread of its own;
 * nothing here is on a request's path.
 */
public final class Names implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Names.class);
  private static final long SHORTEST_SECONDS = 1;
  private static final long LONGEST_SECONDS = 300;
  private static final long RETRY_SECONDS = 1;
  private static final long LONGEST_RETRY_SECONDS = 30;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop loop = (EventLoop) group.next();
  private final DnsNameResolver resolver;
  private final Map<String, List<InetAddress>> hosts;

  /**
   * @param server null for the system's name servers
   */
  public Names(@Nullable InetSocketAddress server) {
    DnsNameResolverBuilder builder =
        new DnsNameResolverBuilder(loop)
            .datagramChannelType(NioDatagramChannel.class)
            .socketChannelType(NioSocketChannel.class)
            .queryTimeoutMillis(2_000)
            .maxQueriesPerResolve(8);
    if (server != null) {
      builder.nameServerProvider(new SingletonDnsServerAddressStreamProvider(server));
    }
    this.resolver = builder.build();
    Map<String, List<InetAddress>> entries = new java.util.HashMap<>();
    HostsFileEntriesProvider file = HostsFileEntriesProvider.parser().parseSilently();
    file.ipv4Entries()
        .forEach(
            (name, addresses) -> entries.put(name.toLowerCase(java.util.Locale.ROOT), addresses));
    file.ipv6Entries()
        .forEach((name, addresses) ->
            entries.putIfAbsent(name.toLowerCase(java.util.Locale.ROOT), addresses));
    entries.putIfAbsent("localhost", List.of(InetAddress.getLoopbackAddress()));
    this.hosts = Map.copyOf(entries);
  }

  /** Whether this is an IP address and no name. */
  static boolean literal(String host) {
    try {
      return InetAddress.ofLiteral(host) != null;
    } catch (IllegalArgumentException name) {
      return false;
    }
  }

  /** Seconds until the next question when the shortest time to live is this one. */
  static long pause(long ttl) {
    return Math.clamp(ttl, SHORTEST_SECONDS, LONGEST_SECONDS);
  }

  /**
   * Tells the addresses of {@code name} now and whenever they change.
   *
   * @param found called on this object's thread, with at least one address in text form
   * @return ends the watch
   */
  public AutoCloseable watch(String name, Consumer<List<String>> found) {
    List<InetAddress> fixed = hosts.get(name.toLowerCase(java.util.Locale.ROOT));
    if (fixed != null) {
      found.accept(fixed.stream().map(InetAddress::getHostAddress).toList());
      return () -> {};
    }
    Watch watch = new Watch(name, found);
    loop.execute(watch::ask);
    return watch;
  }

  /** One name that is being watched. Confined to the thread. */
  private final class Watch implements AutoCloseable {
    private final String name;
    private final Consumer<List<String>> found;
    private List<String> last = List.of();
    private SortedSet<String> last4 = new TreeSet<>();
    private SortedSet<String> last6 = new TreeSet<>();
    private long ttl;
    private long retry = RETRY_SECONDS;
    private volatile boolean closed;

    Watch(String name, Consumer<List<String>> found) {
      this.name = name;
      this.found = found;
    }

    void ask() {
      if (closed) {
        return;
      }
      ttl = LONGEST_SECONDS;
      query(
          DnsRecordType.A,
          last4,
          four ->
              query(
                  DnsRecordType.AAAA,
                  last6,
                  six -> {
                    last4 = four;
                    last6 = six;
                    answered();
                  }));
    }

    /** Asks for one kind of address; when nobody can say, the last ones stay. */
    private void query(
        DnsRecordType type, SortedSet<String> before, Consumer<SortedSet<String>> then) {
      resolver
          .resolveAll(new DefaultDnsQuestion(name, type))
          .addListener(result -> {
            SortedSet<String> addresses = new TreeSet<>();
            if (result.isSuccess()) {
              @SuppressWarnings("unchecked")
              List<DnsRecord> records = (List<DnsRecord>) result.getNow();
              for (DnsRecord record : records) {
                ttl = Math.min(ttl, record.timeToLive());
                read(record, addresses);
              }
            } else if (unanswered(result.cause())) {
              LOG.debug("no answer name={} type={}", name, type.name());
              addresses.addAll(before);
              ttl = before.isEmpty() ? ttl : RETRY_SECONDS;
            }
            then.accept(addresses);
          });
    }

    /** Whether the name servers did not say that there is no such record. */
    private static boolean unanswered(Throwable failure) {
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (DnsNameResolver.isTransportOrTimeoutError(cause)
            || cause instanceof DnsErrorCauseException told
                && !told.getCode().equals(DnsResponseCode.NXDOMAIN)) {
          return true;
        }
      }
      return false;
    }

    private static void read(DnsRecord record, SortedSet<String> addresses) {
      try {
        if (record instanceof DnsRawRecord raw
            && (raw.type().equals(DnsRecordType.A) || raw.type().equals(DnsRecordType.AAAA))) {
          byte[] octets = new byte[raw.content().readableBytes()];
          raw.content().getBytes(raw.content().readerIndex(), octets);
          addresses.add(InetAddress.getByAddress(octets).getHostAddress());
        }
      } catch (UnknownHostException malformed) {
        LOG.warn("malformed address in a DNS answer");
      } finally {
        ReferenceCountUtil.release(record);
      }
    }

    private void answered() {
      if (closed) {
        return;
      }
      List<String> now = new ArrayList<>(last4);
      now.addAll(last6);
      if (now.isEmpty()) {
        LOG.warn("name not resolved name={} keeps={} retry_s={}", name, last.size(), retry);
        loop.schedule(this::ask, retry, TimeUnit.SECONDS);
        retry = Math.min(LONGEST_RETRY_SECONDS, retry * 2);
        return;
      }
      retry = RETRY_SECONDS;
      if (!now.equals(last)) {
        last = now;
        LOG.info("name resolved name={} addresses={}", name, now);
        found.accept(now);
      }
      loop.schedule(this::ask, pause(ttl), TimeUnit.SECONDS);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @Override
  public void close() {
    resolver.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
