package dev.sluice.gateway.testing;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A real gRPC server with the methods of {@link GrpcEcho}, on a free port of 127.0.0.1. It keeps
 * the head of every call and sends {@code x-tail: end} in every answer's trailers, so that a test
 * sees what passed a gateway in between.
 */
public final class GrpcEchoServer implements AutoCloseable {
  /** Sent with every answer, after the last message. */
  public static final Metadata.Key<String> TAIL =
      Metadata.Key.of("x-tail", Metadata.ASCII_STRING_MARSHALLER);

  private final BlockingQueue<Metadata> heads = new LinkedBlockingQueue<>(1000);
  private final BlockingQueue<String> cancelled = new LinkedBlockingQueue<>(1000);
  private final Server server;

  private GrpcEchoServer(NettyServerBuilder builder) throws IOException {
    this.server =
        builder.addService(ServerInterceptors.intercept(service(), new Recorder())).build().start();
  }

  /** Listens with HTTP/2 in the clear. */
  public static GrpcEchoServer cleartext() throws IOException {
    return new GrpcEchoServer(builder());
  }

  /** Listens with TLS and this certificate. */
  public static GrpcEchoServer tls(SelfSigned identity) throws IOException {
    return new GrpcEchoServer(
        builder()
            .sslContext(
                GrpcSslContexts.forServer(identity.certificate().toFile(), identity.key().toFile())
                    .build()));
  }

  /** The port it listens on. */
  public int port() {
    return server.getPort();
  }

  /** The head of the next call that reached the server; waits up to 10 s. */
  public Metadata nextHead() throws InterruptedException {
    return taken(heads.poll(10, TimeUnit.SECONDS), "no call came");
  }

  /** The method of the next call that the client gave up; waits up to 10 s. */
  public String nextCancelled() throws InterruptedException {
    return taken(cancelled.poll(10, TimeUnit.SECONDS), "no call was cancelled");
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdownNow();
    if (!server.awaitTermination(10, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the gRPC server did not stop");
    }
  }

  private static NettyServerBuilder builder() {
    return NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0));
  }

  private static <T> T taken(T value, String otherwise) {
    if (value == null) {
      throw new AssertionError(otherwise);
    }
    return value;
  }

  private static ServerServiceDefinition service() {
    return ServerServiceDefinition.builder(GrpcEcho.SERVICE)
        .addMethod(GrpcEcho.UNARY, ServerCalls.asyncUnaryCall(GrpcEchoServer::unary))
        .addMethod(
            GrpcEcho.SERVER_STREAM,
            ServerCalls.asyncServerStreamingCall(GrpcEchoServer::serverStream))
        .addMethod(
            GrpcEcho.CLIENT_STREAM,
            ServerCalls.asyncClientStreamingCall(answers -> new Messages(answers, false)))
        .addMethod(
            GrpcEcho.BIDI,
            ServerCalls.asyncBidiStreamingCall(answers -> new Messages(answers, true)))
        .build();
  }

  private static void unary(String message, StreamObserver<String> answers) {
    if (message.startsWith("fail:")) {
      Status status = Status.fromCode(Status.Code.valueOf(message.substring("fail:".length())));
      answers.onError(status.withDescription("as asked").asRuntimeException());
    } else if (!message.equals("wait")) {
      answers.onNext(message);
      answers.onCompleted();
    }
  }

  private static void serverStream(String message, StreamObserver<String> answers) {
    int colon = message.indexOf(':');
    int times = Integer.parseInt(message.substring(0, colon));
    for (int i = 0; i < times; i++) {
      answers.onNext(message.substring(colon + 1));
    }
    answers.onCompleted();
  }

  /** Gives each message back at once, or all of them at the end. */
  private static final class Messages implements StreamObserver<String> {
    private final StreamObserver<String> answers;
    private final boolean atOnce;
    private final List<String> kept = new ArrayList<>();

    Messages(StreamObserver<String> answers, boolean atOnce) {
      this.answers = answers;
      this.atOnce = atOnce;
    }

    @Override
    public void onNext(String message) {
      if (atOnce) {
        answers.onNext(message);
      } else {
        kept.add(message);
      }
    }

    @Override
    public void onError(Throwable gone) {
      // The client cancelled: the recorder has it, and nobody is left to be answered.
    }

    @Override
    public void onCompleted() {
      if (!atOnce) {
        answers.onNext(String.join(",", kept));
      }
      answers.onCompleted();
    }
  }

  private final class Recorder implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata head, ServerCallHandler<Q, A> next) {
      heads.add(head);
      String method = call.getMethodDescriptor().getFullMethodName();
      Context context = Context.current();
      context.addListener(
          ended -> {
            if (call.isCancelled()) {
              cancelled.add(method);
            }
          },
          Runnable::run);
      ServerCall<Q, A> withTail =
          new ForwardingServerCall.SimpleForwardingServerCall<>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
              trailers.put(TAIL, "end");
              super.close(status, trailers);
            }
          };
      return Contexts.interceptCall(context, withTail, head, next);
    }
  }
}
