package dev.sluice.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.gateway.testing.Certificates;
import dev.sluice.gateway.testing.Gauges;
import dev.sluice.gateway.testing.RunningGateway;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingServerCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** gRPC through the gateway with a real client and a real server. */
class GrpcTest {
  private static final Metadata.Key<String> WORD =
      Metadata.Key.of("x-word", Metadata.ASCII_STRING_MARSHALLER);
  private static final MethodDescriptor<byte[], byte[]> UNARY =
      method("echo", "unary", MethodType.UNARY);
  private static final MethodDescriptor<byte[], byte[]> DOWN =
      method("echo", "down", MethodType.SERVER_STREAMING);
  private static final MethodDescriptor<byte[], byte[]> UP =
      method("echo", "up", MethodType.CLIENT_STREAMING);
  private static final MethodDescriptor<byte[], byte[]> BOTH =
      method("echo", "both", MethodType.BIDI_STREAMING);
  private static volatile CountDownLatch hung = new CountDownLatch(1);
  private static final Semaphore BEGUN = new Semaphore(0);

  private static Server server;
  private static RunningGateway gateway;
  private static ManagedChannel plain;
  private static ManagedChannel secure;

  private static MethodDescriptor<byte[], byte[]> method(
      String service, String name, MethodType type) {
    MethodDescriptor.Marshaller<byte[]> bytes =
        new MethodDescriptor.Marshaller<>() {
          @Override
          public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
          }

          @Override
          public byte[] parse(InputStream stream) {
            try {
              return stream.readAllBytes();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    return MethodDescriptor.<byte[], byte[]>newBuilder(bytes, bytes)
        .setType(type)
        .setFullMethodName(service + "/" + name)
        .build();
  }

  @BeforeAll
  static void start() throws Exception {
    Certificates certificates = Certificates.make();
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .maxInboundMessageSize(16 << 20)
            .addService(io.grpc.ServerInterceptors.intercept(service(), new Words()))
            .build()
            .start();
    gateway =
        RunningGateway.start(
            """
            listeners:
              web: {address: 127.0.0.1, port: 0, h2c: true}
              safe: {address: 127.0.0.1, port: 0, tls: {certificates: [{cert: "%s", key: "%s"}]}}
            upstreams:
              grpc: {endpoints: ["127.0.0.1:%d"], protocol: h2c}
              nowhere: {endpoints: ["127.0.0.1:1"], protocol: h2c}
            routes:
              - {name: echo, match: {path: "/echo/*"}, upstream: grpc}
              - {name: short, match: {path: "/short/*"}, rewrite: {path: "/echo/{*}"}, upstream: grpc, timeout: 300ms}
              - {name: nowhere, match: {path: "/nowhere/*"}, upstream: nowhere, retry: {attempts: 1}}
            """
                .formatted(certificates.certificate(), certificates.key(), server.getPort()));
    plain =
        NettyChannelBuilder.forAddress("127.0.0.1", gateway.port("web"))
            .usePlaintext()
            .maxInboundMessageSize(16 << 20)
            .build();
    secure =
        NettyChannelBuilder.forAddress("127.0.0.1", gateway.port("safe"))
            .sslContext(
                GrpcSslContexts.forClient()
                    .trustManager(certificates.certificate().toFile())
                    .build())
            .maxInboundMessageSize(16 << 20)
            .build();
  }

  @AfterAll
  static void stop() throws Exception {
    plain.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    secure.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    gateway.close();
    server.shutdownNow();
  }

  /** Gives the client's word back, in the head and in the trailers. */
  private static final class Words implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      String word = headers.get(WORD);
      return next.startCall(
          new ForwardingServerCall.SimpleForwardingServerCall<Q, A>(call) {
            @Override
            public void sendHeaders(Metadata head) {
              if (word != null) {
                head.put(WORD, word);
              }
              super.sendHeaders(head);
            }

            @Override
            public void close(Status status, Metadata trailers) {
              if (word != null) {
                trailers.put(WORD, word + " again");
              }
              super.close(status, trailers);
            }
          },
          headers);
    }
  }

  private static ServerServiceDefinition service() {
    return ServerServiceDefinition.builder("echo")
        .addMethod(UNARY, ServerCalls.asyncUnaryCall(GrpcTest::unary))
        .addMethod(
            DOWN,
            ServerCalls.asyncServerStreamingCall((request, out) -> {
              for (int i = 0; i < 100; i++) {
                out.onNext(new byte[] {(byte) i});
              }
              out.onCompleted();
            }))
        .addMethod(UP, ServerCalls.asyncClientStreamingCall(out -> new Sum(out, false)))
        .addMethod(BOTH, ServerCalls.asyncBidiStreamingCall(out -> new Sum(out, true)))
        .build();
  }

  private static void unary(byte[] request, StreamObserver<byte[]> out) {
    String text =
        request.length < 20 ? new String(request, java.nio.charset.StandardCharsets.UTF_8) : "";
    if (text.equals("fail")) {
      out.onError(
          Status.RESOURCE_EXHAUSTED.withDescription("too much: 50% & more").asRuntimeException());
    } else if (text.equals("hang")) {
      CountDownLatch cancelled = hung;
      BEGUN.release();
      ((ServerCallStreamObserver<byte[]>) out).setOnCancelHandler(cancelled::countDown);
    } else {
      out.onNext(request);
      out.onCompleted();
    }
  }

  /** Echoes each message, or answers with how many there were. */
  private static final class Sum implements StreamObserver<byte[]> {
    private final StreamObserver<byte[]> out;
    private final boolean echo;
    private int messages;

    Sum(StreamObserver<byte[]> out, boolean echo) {
      this.out = out;
      this.echo = echo;
    }

    @Override
    public void onNext(byte[] message) {
      messages++;
      if (echo) {
        out.onNext(message);
      }
    }

    @Override
    public void onError(Throwable cause) {}

    @Override
    public void onCompleted() {
      if (!echo) {
        out.onNext(new byte[] {(byte) messages});
      }
      out.onCompleted();
    }
  }

  private static CallOptions options() {
    return CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  private static Channel channel(boolean tls) {
    return tls ? secure : plain;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  private static final class Collected implements StreamObserver<byte[]> {
    final List<Byte> messages = new ArrayList<>();
    final CompletableFuture<List<Byte>> all = new CompletableFuture<>();

    @Override
    public void onNext(byte[] message) {
      messages.add(message[0]);
    }

    @Override
    public void onError(Throwable cause) {
      all.completeExceptionally(cause);
    }

    @Override
    public void onCompleted() {
      all.complete(messages);
    }
  }

  @Tag("full")
  @Test
  void oneHundredLargeMessagesOverTlsNeverStall() {
    byte[] large = new byte[8 << 20];
    for (int i = 0; i < 100; i++) {
      assertThat(ClientCalls.blockingUnaryCall(secure, UNARY, options(), large))
          .as("message %s", i)
          .hasSize(large.length);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void allFourKindsOfCallsPass(boolean tls) throws Exception {
    Channel channel = channel(tls);
    assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, options(), bytes("hi")))
        .isEqualTo(bytes("hi"));
    byte[] large = new byte[8 << 20];
    assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, options(), large))
        .hasSize(large.length);
    Iterator<byte[]> down =
        ClientCalls.blockingServerStreamingCall(channel, DOWN, options(), new byte[0]);
    for (int i = 0; i < 100; i++) {
      assertThat(down.next()).containsExactly(i);
    }
    assertThat(down.hasNext()).isFalse();
    Collected up = new Collected();
    StreamObserver<byte[]> to =
        ClientCalls.asyncClientStreamingCall(channel.newCall(UP, options()), up);
    for (int i = 0; i < 50; i++) {
      to.onNext(new byte[1000]);
    }
    to.onCompleted();
    assertThat(up.all.get(10, TimeUnit.SECONDS)).containsExactly((byte) 50);
    Collected both = new Collected();
    StreamObserver<byte[]> talk =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(BOTH, options()), both);
    for (int i = 0; i < 50; i++) {
      int seen = i;
      talk.onNext(new byte[] {(byte) i});
      Gauges.until("no answer to message " + i, () -> both.messages.size() > seen);
    }
    talk.onCompleted();
    assertThat(both.all.get(10, TimeUnit.SECONDS)).hasSize(50);
    Gauges.settled(gateway);
  }

  @Test
  void metadataTrailersAndErrorStatusesPass() {
    Metadata words = new Metadata();
    words.put(WORD, "hello");
    AtomicReference<Metadata> head = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    Channel channel =
        ClientInterceptors.intercept(
            plain,
            MetadataUtils.newAttachHeadersInterceptor(words),
            MetadataUtils.newCaptureMetadataInterceptor(head, trailers));
    ClientCalls.blockingUnaryCall(channel, UNARY, options(), bytes("hi"));
    assertThat(java.util.Objects.requireNonNull(head.get()).get(WORD)).isEqualTo("hello");
    assertThat(java.util.Objects.requireNonNull(trailers.get()).get(WORD)).isEqualTo("hello again");
    StatusRuntimeException failed = failure(channel, UNARY, options(), "fail");
    assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(failed.getStatus().getDescription()).isEqualTo("too much: 50% & more");
    Gauges.settled(gateway);
  }

  private static StatusRuntimeException failure(
      Channel channel, MethodDescriptor<byte[], byte[]> method, CallOptions options, String text) {
    return catchThrowableOfType(
        StatusRuntimeException.class,
        () -> ClientCalls.blockingUnaryCall(channel, method, options, bytes(text)));
  }

  @Test
  void theGatewaysOwnFailuresAreGrpcStatuses() {
    assertThat(
            failure(plain, method("none", "x", MethodType.UNARY), options(), "hi")
                .getStatus()
                .getCode())
        .isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(
            failure(plain, method("nowhere", "x", MethodType.UNARY), options(), "hi")
                .getStatus()
                .getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
    StatusRuntimeException late =
        failure(plain, method("short", "unary", MethodType.UNARY), options(), "hang");
    assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(late.getStatus().getDescription()).contains("deadline_exceeded");
    Gauges.settled(gateway);
  }

  @Test
  void aClientsDeadlineReachesTheServer() throws Exception {
    CountDownLatch cancelled = new CountDownLatch(1);
    hung = cancelled;
    CallOptions soon = CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS);
    assertThat(failure(plain, UNARY, soon, "hang").getStatus().getCode())
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(cancelled.await(5, TimeUnit.SECONDS)).isTrue();
    Gauges.settled(gateway);
  }

  @Test
  void aClientsCancellationReachesTheServer() throws Exception {
    CountDownLatch cancelled = new CountDownLatch(1);
    hung = cancelled;
    BEGUN.drainPermits();
    var call = ClientCalls.futureUnaryCall(plain.newCall(UNARY, options()), bytes("hang"));
    assertThat(BEGUN.tryAcquire(5, TimeUnit.SECONDS)).isTrue();
    call.cancel(true);
    assertThat(cancelled.await(5, TimeUnit.SECONDS)).isTrue();
    Gauges.settled(gateway);
  }
}
