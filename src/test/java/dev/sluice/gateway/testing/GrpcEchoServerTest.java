package dev.sluice.gateway.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The gRPC server of the tests, asked directly by the real client: what a gateway in between has to
 * keep.
 */
class GrpcEchoServerTest {
  @Test
  void allFourKindsOfCallPassInTheClear() throws Exception {
    try (GrpcEchoServer server = GrpcEchoServer.cleartext()) {
      ManagedChannel channel = builder(server).usePlaintext().build();
      try {
        callEachKind(channel);
        assertThat(
                server
                    .nextHead()
                    .get(Metadata.Key.of("user-agent", Metadata.ASCII_STRING_MARSHALLER)))
            .startsWith("grpc-java");
      } finally {
        stop(channel);
      }
    }
  }

  @Test
  void allFourKindsOfCallPassOverTls(@TempDir Path directory) throws Exception {
    SelfSigned identity = SelfSigned.in(directory, "grpc");
    try (GrpcEchoServer server = GrpcEchoServer.tls(identity)) {
      ManagedChannel channel =
          builder(server)
              .sslContext(
                  GrpcSslContexts.forClient().trustManager(identity.certificate().toFile()).build())
              .build();
      try {
        callEachKind(channel);
      } finally {
        stop(channel);
      }
    }
  }

  @Test
  void statusAndTrailersReachTheClient() throws Exception {
    try (GrpcEchoServer server = GrpcEchoServer.cleartext()) {
      ManagedChannel channel = builder(server).usePlaintext().build();
      try {
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        var watched =
            ClientInterceptors.intercept(
                channel,
                MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers));

        assertThatThrownBy(() ->
                ClientCalls.blockingUnaryCall(
                    watched, GrpcEcho.UNARY, bounded(), "fail:PERMISSION_DENIED"))
            .isInstanceOfSatisfying(
                StatusRuntimeException.class,
                failed -> {
                  assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
                  assertThat(failed.getStatus().getDescription()).isEqualTo("as asked");
                });
        assertThat(trailers.get().get(GrpcEchoServer.TAIL)).isEqualTo("end");
      } finally {
        stop(channel);
      }
    }
  }

  @Test
  void aCallGivenUpIsSeenByTheServer() throws Exception {
    try (GrpcEchoServer server = GrpcEchoServer.cleartext()) {
      ManagedChannel channel = builder(server).usePlaintext().build();
      try {
        var call = ClientCalls.futureUnaryCall(channel.newCall(GrpcEcho.UNARY, bounded()), "wait");
        server.nextHead();

        call.cancel(true);

        assertThat(server.nextCancelled()).isEqualTo("test.Echo/Unary");
      } finally {
        stop(channel);
      }
    }
  }

  private static void callEachKind(ManagedChannel channel) throws Exception {
    assertThat(ClientCalls.blockingUnaryCall(channel, GrpcEcho.UNARY, bounded(), "Grüße"))
        .isEqualTo("Grüße");

    Iterator<String> stream =
        ClientCalls.blockingServerStreamingCall(
            channel, GrpcEcho.SERVER_STREAM, bounded(), "3:tick");
    assertThat(stream).toIterable().containsExactly("tick", "tick", "tick");

    Answers joined = new Answers();
    StreamObserver<String> upload =
        ClientCalls.asyncClientStreamingCall(
            channel.newCall(GrpcEcho.CLIENT_STREAM, bounded()), joined);
    upload.onNext("a");
    upload.onNext("b");
    upload.onCompleted();
    assertThat(joined.next()).isEqualTo("a,b");

    Answers echoed = new Answers();
    StreamObserver<String> talk =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(GrpcEcho.BIDI, bounded()), echoed);
    talk.onNext("one");
    assertThat(echoed.next()).isEqualTo("one");
    talk.onNext("two");
    assertThat(echoed.next()).isEqualTo("two");
    talk.onCompleted();
    assertThat(echoed.next()).isEqualTo(Answers.END);
  }

  private static CallOptions bounded() {
    return CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  private static NettyChannelBuilder builder(GrpcEchoServer server) {
    return NettyChannelBuilder.forAddress("127.0.0.1", server.port());
  }

  private static void stop(ManagedChannel channel) throws InterruptedException {
    channel.shutdownNow();
    assertThat(channel.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  private static final class Answers implements StreamObserver<String> {
    static final String END = "(end)";

    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();

    String next() throws InterruptedException {
      return messages.poll(10, TimeUnit.SECONDS);
    }

    @Override
    public void onNext(String message) {
      messages.add(message);
    }

    @Override
    public void onError(Throwable failure) {
      messages.add(failure.toString());
    }

    @Override
    public void onCompleted() {
      messages.add(END);
    }
  }
}
