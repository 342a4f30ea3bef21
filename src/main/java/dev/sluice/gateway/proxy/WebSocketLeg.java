package dev.sluice.gateway.proxy;

import dev.sluice.gateway.exchange.Watched;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.WebSocketBase;
import io.vertx.core.http.WebSocketFrame;
import org.jspecify.annotations.Nullable;

/**
 * One side of a bridged WebSocket: passes what it hears to the other side, with back-pressure, and
 * knows whether its peer is alive. Confined to the exchange's loop.
 */
final class WebSocketLeg {
  /** RFC 6455 §7.4.1. */
  static final short NORMAL = 1000;

  static final short GOING_AWAY = 1001;
  private static final short TOO_BIG = 1009;
  private static final int NO_STATUS = 1005;

  /** A paused stream comes to itself again within two turns of the event loop. */
  private static final int QUIET_TURNS = 3;

  private final WebSocketBridge bridge;
  private final WebSocketBase socket;
  private final int maxFrameBytes;
  private @Nullable WebSocketLeg other;
  private boolean closed;
  private boolean closing;
  private boolean heldBack;
  private boolean gone;
  private long frames;
  private long framesSeen;
  private int quietTurns;
  private int missed;

  WebSocketLeg(WebSocketBridge bridge, WebSocketBase socket, int maxFrameBytes) {
    this.bridge = bridge;
    this.socket = socket;
    this.maxFrameBytes = maxFrameBytes;
  }

  /** Begins to pass frames to {@code to}. */
  void connect(WebSocketLeg to) {
    other = to;
    socket.frameHandler(this::frame);
    socket.pongHandler(this::pong);
    socket.drainHandler(nothing -> to.flow());
    socket.exceptionHandler(this::broken);
    socket.closeHandler(nothing -> closed());
    socket.resume();
  }

  /** The other side takes more. */
  private void flow() {
    if (heldBack) {
      heldBack = false;
      socket.resume();
      if (gone) {
        quietTurns = 0;
        bridge.defer(this::flowed);
      }
    }
  }

  /** The connection is closed: when nothing comes although nothing is held back, that was all. */
  private void flowed() {
    if (closed || heldBack) {
      return;
    }
    if (frames != framesSeen) {
      framesSeen = frames;
      quietTurns = 0;
    } else if (++quietTurns > QUIET_TURNS) {
      closed = true;
      bridge.closed(this);
      return;
    }
    bridge.defer(this::flowed);
  }

  private void frame(WebSocketFrame frame) {
    missed = 0;
    frames++;
    WebSocketLeg to = other;
    if (to == null || closing) {
      return;
    }
    switch (frame.type()) {
      case TEXT, BINARY, CONTINUATION -> {
        int size = frame.binaryData().length();
        if (size > maxFrameBytes) {
          close(TOO_BIG, "frame too large");
          to.close(GOING_AWAY, "the peer sent too large a frame");
          return;
        }
        bridge.moved(this, size);
        if (to.closing || to.closed) {
          return;
        }
        if (to.socket.isClosed()) {
          return; // its close frame has come, but waits behind other frames
        }
        Watched.quietly(to.socket.writeFrame(frame));
        if (to.socket.writeQueueFull()) {
          heldBack = true;
          socket.pause();
        }
      }
      case CLOSE -> {
        closing = true;
        int status = frame.closeStatusCode();
        to.close(status == NO_STATUS ? NORMAL : (short) status, frame.closeReason());
      }
      case PING, PONG -> bridge.moved(this, 0);
    }
  }

  private void pong(@SuppressWarnings("unused") Buffer payload) {
    missed = 0;
    bridge.moved(this, 0);
  }

  /** Sends a ping; false when too many before it had no answer. */
  boolean ping(int misses) {
    if (closed) {
      return false;
    }
    if (missed >= misses) {
      return false;
    }
    if (!heldBack) {
      missed++; // what is not read cannot be heard
    }
    if (!closing) {
      Watched.quietly(socket.writePing(Buffer.buffer()));
    }
    return true;
  }

  /** Begins the closing handshake. */
  void close(short status, @Nullable String reason) {
    if (!closing && !closed) {
      closing = true;
      bridge.closing();
      Watched.quietly(socket.close(status, reason));
    }
  }

  /** The socket itself. */
  WebSocketBase socket() {
    return socket;
  }

  boolean isClosed() {
    return closed;
  }

  private void broken(Throwable cause) {
    if (cause instanceof HttpClosedException) {
      return; // closed() follows
    }
    // A frame that breaks RFC 6455, or a lost connection.
    close((short) bridge.closeStatus(cause), null);
    bridge.broken(this);
  }

  private void closed() {
    gone = true;
    WebSocketLeg to = other;
    if (closing || to == null || to.closing || to.closed) {
      closed = true;
      bridge.closed(this);
    } else {
      // Frames that came before the close, its own frame perhaps, may still wait for the other
      // side.
      framesSeen = frames;
      bridge.defer(this::flowed);
    }
  }
}
