package dev.sluice.gateway.upstream;

import dev.sluice.gateway.failure.Failure;
import io.netty.channel.ConnectTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;

/** What a connection that could not be opened means, by the exception's type. */
public final class ConnectFailures {
  private ConnectFailures() {}

  /** The failure; never null. */
  public static Failure of(Throwable cause) {
    for (Throwable e = cause; e != null; e = e.getCause()) {
      if (e.getMessage() != null && e.getMessage().contains("Too many open files")) {
        return Failure.OVERLOADED; // EMFILE of this process: no fault of the endpoint
      }
      if (e instanceof ConnectTimeoutException) {
        return Failure.CONNECT_TIMEOUT;
      }
      if (e instanceof UnknownHostException) {
        return Failure.DNS_FAILED;
      }
      if (e instanceof SSLException || e instanceof java.security.cert.CertificateException) {
        return Failure.TLS_FAILED;
      }
    }
    return Failure.CONNECT_FAILED;
  }

  /** A few words for the log and the client that name no inner address. */
  public static String words(Throwable cause) {
    return switch (of(cause)) {
      case CONNECT_TIMEOUT -> "it timed out";
      case DNS_FAILED -> "its name is unknown";
      case TLS_FAILED -> "the TLS handshake failed";
      case OVERLOADED -> "this gateway has no file descriptor left";
      default -> "it was refused";
    };
  }
}
