package example;

import com.google.gson.Gson;
import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import parley.v1.Classifier.BatchClassifyRequest;
import parley.v1.Classifier.BatchItem;
import parley.v1.Classifier.ClassifyOptions;
import parley.v1.Classifier.ClassifyRequest;
import parley.v1.Classifier.Document;
import parley.v1.Classifier.DocumentResult;
import parley.v1.Classifier.EncodingType;
import parley.v1.Classifier.Paragraph;
import parley.v1.Classifier.StanceEvidence;
import parley.v1.Classifier.StreamClassifyRequest;
import parley.v1.Classifier.StreamClassifyResponse;
import parley.v1.ClassifierServiceGrpc;

/**
 * How a Java program calls parleyd.
 *
 * <pre>cd examples/clients/java && mvn -q compile exec:java -Dexec.args=127.0.0.1:50051</pre>
 */
public final class Client {
  private static final String[] TEXTS = {
    "The minister thanked the Syrian president and promised more aid.",
    "The council condemned the regime of Assad for shelling the market.",
    "اجتمع الوفدان في جنيف واتفقا على هدنة.",
  };

  // Offsets in UTF-16 units are those of String.substring.
  private static final ClassifyOptions OPTIONS =
      ClassifyOptions.newBuilder().setEncoding(EncodingType.ENCODING_TYPE_UTF16).build();

  public static void main(String[] args) throws Exception {
    String addr = args.length > 0 ? args[0] : "127.0.0.1:50051";
    @SuppressWarnings("unchecked")
    Map<String, ?> config = new Gson().fromJson(Files.readString(Path.of("../../../docs/deploy/service-config.json")), Map.class);
    ManagedChannel channel = Grpc.newChannelBuilder(addr, InsecureChannelCredentials.create())
        .defaultServiceConfig(config)
        .enableRetry()
        .maxInboundMessageSize(64 << 20)
        .build();
    try {
      classify(channel);
      batch(channel);
      stream(channel);
      failure(channel);
      System.out.println("health: " + HealthGrpc.newBlockingStub(channel).withDeadlineAfter(5, TimeUnit.SECONDS)
          .check(HealthCheckRequest.newBuilder().setService("parley.v1.ClassifierService").build()).getStatus());
    } finally {
      channel.shutdown().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  private static ClassifierServiceGrpc.ClassifierServiceBlockingStub stub(ManagedChannel channel) {
    return ClassifierServiceGrpc.newBlockingStub(channel).withDeadlineAfter(5, TimeUnit.SECONDS);
  }

  private static Document document(String id, String text) {
    return Document.newBuilder().setId(id).setContent(text).build();
  }

  private static void show(DocumentResult result) {
    for (Paragraph p : result.getParagraphsList()) {
      System.out.printf("  %s: stance %s (%.2f), tone %s (%.2f)%n", result.getId(), p.getStance().getLabel(),
          p.getStance().getConfidence(), p.getTone().getLabel(), p.getTone().getConfidence());
      for (StanceEvidence e : p.getStance().getEvidenceList()) {
        if (!p.getText().substring((int) e.getSpan().getStart(), (int) e.getSpan().getEnd()).equals(e.getText())) {
          throw new IllegalStateException("offsets do not fit");
        }
      }
    }
  }

  private static void classify(ManagedChannel channel) {
    DocumentResult result = stub(channel).classify(
        ClassifyRequest.newBuilder().setDocument(document("one", TEXTS[0])).setOptions(OPTIONS).build()).getResult();
    System.out.println("classify: answered by " + result.getModel());
    show(result);
  }

  private static void batch(ManagedChannel channel) {
    System.out.println("batch:");
    for (BatchItem item : stub(channel).batchClassify(BatchClassifyRequest.newBuilder().setOptions(OPTIONS)
        .addDocuments(document("a", TEXTS[0])).addDocuments(document("b", "")).addDocuments(document("c", TEXTS[2])).build()).getItemsList()) {
      if (item.hasError()) {
        System.out.printf("  document %d: %s at %s%n", item.getIndex(), item.getError().getReason(), item.getError().getField());
      } else {
        show(item.getResult());
      }
    }
  }

  /** Writes only while the transport is ready, so that nothing piles up in memory. */
  private static void stream(ManagedChannel channel) throws Exception {
    CompletableFuture<Integer> done = new CompletableFuture<>();
    ClassifierServiceGrpc.newStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS).streamClassify(
        new ClientResponseObserver<StreamClassifyRequest, StreamClassifyResponse>() {
          private int sent;
          private int answers;

          @Override public void beforeStart(ClientCallStreamObserver<StreamClassifyRequest> out) {
            out.setOnReadyHandler(() -> {
              while (out.isReady() && sent < 100) {
                out.onNext(StreamClassifyRequest.newBuilder().setId(String.valueOf(sent)).setOptions(OPTIONS)
                    .addDocuments(document("d", TEXTS[sent % TEXTS.length])).build());
                if (++sent == 100) {
                  out.onCompleted();
                }
              }
            });
          }

          @Override public void onNext(StreamClassifyResponse r) {
            answers++;
          }

          @Override public void onError(Throwable t) {
            done.completeExceptionally(t);
          }

          @Override public void onCompleted() {
            done.complete(answers);
          }
        });
    System.out.println("stream: " + done.get(30, TimeUnit.SECONDS) + " answers");
  }

  private static void failure(ManagedChannel channel) throws Exception {
    try {
      stub(channel).classify(ClassifyRequest.newBuilder().setDocument(document("x", TEXTS[0]))
          .setOptions(ClassifyOptions.newBuilder().setModel("no-such-model")).build());
    } catch (StatusRuntimeException e) {
      System.out.println("failure: " + e.getStatus().getCode());
      for (Any d : StatusProto.fromThrowable(e).getDetailsList()) {
        if (d.is(ErrorInfo.class)) {
          System.out.println("  reason: " + d.unpack(ErrorInfo.class).getReason());
        } else if (d.is(BadRequest.class)) {
          System.out.println("  field: " + d.unpack(BadRequest.class).getFieldViolations(0).getField());
        } else if (d.is(RetryInfo.class)) {
          System.out.println("  retry after: " + d.unpack(RetryInfo.class).getRetryDelay().getSeconds() + " s");
        }
      }
    }
  }
}
