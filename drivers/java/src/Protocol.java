import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The driver's side of docs/driver-protocol.md. */
final class Protocol {
    private static final int WORKERS = 16;
    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    /** What is left to the SDK when all is prepared. */
    interface Action {
        JsonElement run() throws Exception;
    }

    /** An SDK: prepare makes of a call what carries it out, problem an error's members of what that throws. */
    interface Sdk {
        Action prepare(JsonObject call) throws Exception;

        JsonObject problem(Throwable e);
    }

    /** The SDK has no means for a call. */
    static final class Lacking extends Exception {
        Lacking(String what) {
            super(what);
        }
    }

    /** Answers calls until the input ends. */
    static void serve(JsonObject hello, Sdk sdk) throws Exception {
        System.setOut(System.err); // what a library prints is no reply
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        in.readLine();
        hello.addProperty("protocol", 1);
        hello.addProperty("language", "java" + System.getProperty("java.version"));
        hello.addProperty("maxInFlight", WORKERS);
        say("hello", hello, new JsonObject());
        ExecutorService pool = Executors.newFixedThreadPool(WORKERS);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonObject call = JsonParser.parseString(line).getAsJsonObject();
            pool.execute(() -> answer(call, sdk));
        }
        pool.shutdown();
        pool.awaitTermination(1, TimeUnit.MINUTES);
        System.exit(0);
    }

    private static void answer(JsonObject call, Sdk sdk) {
        JsonObject reply = new JsonObject();
        reply.add("id", call.get("id"));
        Action action;
        try {
            action = sdk.prepare(call);
        } catch (Exception e) { // not the SDK's doing
            say("error", problem(e instanceof Lacking ? "Unsupported" : "Driver", String.valueOf(e.getMessage())), reply);
            return;
        }
        try {
            say("output", action.run(), reply);
        } catch (Exception | LinkageError e) {
            say("error", sdk.problem(e), reply);
        }
    }

    static JsonObject problem(String code, String message) {
        JsonObject error = new JsonObject();
        error.addProperty("code", code);
        error.addProperty("message", message);
        return error;
    }

    private static synchronized void say(String name, JsonElement value, JsonObject line) {
        line.add(name, value);
        OUT.print(line + "\n");
        OUT.flush();
    }
}
