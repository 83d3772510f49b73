import com.aliyuncs.AcsRequest;
import com.aliyuncs.CommonRequest;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.auth.BasicSessionCredentials;
import com.aliyuncs.eci.model.v20180808.DescribeRegionsRequest;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.MethodType;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Driver of aliyun-java-sdk-eci: docs/driver-protocol.md over its DefaultAcsClient. */
public final class Driver {
    private static final int WORKERS = 16;
    private static final int CLIENTS = 64; // the oldest is shut down, or every key keeps a connection open
    private static final String VERSION = "2018-08-08";
    /** The SDK's fields are the API's names with a small first letter. */
    private static final Gson GSON = new GsonBuilder().setFieldNamingPolicy(FieldNamingPolicy.UPPER_CAMEL_CASE).create();
    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    private static final Map<String, DefaultAcsClient> clients = new LinkedHashMap<>(CLIENTS, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, DefaultAcsClient> eldest) {
            if (size() > CLIENTS) {
                eldest.getValue().shutdown();
            }
            return size() > CLIENTS;
        }
    };

    public static void main(String[] args) throws Exception {
        System.setOut(System.err); // what a library prints is no reply
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        in.readLine();
        say("{\"hello\":{\"protocol\":1,\"name\":\"aliyun-java-sdk-eci\",\"version\":\"" + version()
            + "\",\"language\":\"java" + System.getProperty("java.version") + "\",\"signatures\":[\"v1\"],"
            + "\"methods\":[\"GET\",\"POST\"],\"formats\":[\"JSON\"],\"options\":[\"retries\",\"timeout\",\"sts\"],"
            + "\"maxInFlight\":" + WORKERS + "}}");
        ExecutorService pool = Executors.newFixedThreadPool(WORKERS);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonObject call = JsonParser.parseString(line).getAsJsonObject();
            pool.execute(() -> answer(call));
        }
        pool.shutdown();
        pool.awaitTermination(1, TimeUnit.MINUTES);
        System.exit(0);
    }

    private static synchronized void say(String line) {
        OUT.print(line + "\n");
        OUT.flush();
    }

    private static String version() {
        String jar = DescribeRegionsRequest.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        return jar.replaceAll(".*aliyun-java-sdk-eci-(.*)\\.jar", "$1");
    }

    /** What is left to the SDK when all is prepared. */
    private interface Action {
        JsonElement run() throws ClientException;
    }

    private static void answer(JsonObject call) {
        JsonObject reply = new JsonObject();
        reply.add("id", call.get("id"));
        try {
            carryOut(prepare(call), reply);
        } catch (InvocationTargetException e) {
            reply.add("error", problem("Unsupported", "a setter of the SDK refuses its value: " + e.getCause().getMessage(), null));
        } catch (ReflectiveOperationException | RuntimeException e) { // not the SDK's doing
            reply.add("error", problem("Driver", e.toString(), null));
        }
        say(reply.toString());
    }

    private static void carryOut(Action action, JsonObject reply) {
        try {
            reply.add("output", action.run());
        } catch (ClientException e) { // ServerException is one; neither has the status
            reply.add("error", problem(e.getErrCode(), e.getErrMsg(), e.getRequestId()));
        } catch (RuntimeException | Error e) {
            reply.add("error", problem("", e.toString(), null));
        }
    }

    private static JsonObject problem(String code, String message, String requestId) {
        JsonObject error = new JsonObject();
        error.addProperty("code", code == null ? "" : code);
        error.addProperty("message", message == null ? "" : message);
        if (requestId != null) {
            error.addProperty("requestId", requestId);
        }
        return error;
    }

    private static Action prepare(JsonObject call) throws ReflectiveOperationException {
        JsonObject options = call.getAsJsonObject("options");
        DefaultAcsClient client = client(call);
        AcsRequest<?> request = typed(call);
        if (request == null) {
            CommonRequest common = common(call);
            return () -> JsonParser.parseString(client.getCommonResponse(common).getData()).getAsJsonObject();
        }
        request.setSysEndpoint(host(call));
        request.setSysProtocol(ProtocolType.HTTP);
        if (options.has("method")) {
            request.setSysMethod(MethodType.valueOf(options.get("method").getAsString()));
        }
        if (options.has("timeoutMs")) {
            request.setSysReadTimeout(options.get("timeoutMs").getAsInt());
        }
        return () -> GSON.toJsonTree(client.getAcsResponse(request));
    }

    /** The SDK's own request of the operation, null where it has none or one without a setter for some input. */
    private static AcsRequest<?> typed(JsonObject call) throws ReflectiveOperationException {
        String name = DescribeRegionsRequest.class.getPackageName() + "." + call.get("operation").getAsString() + "Request";
        AcsRequest<?> request;
        try {
            request = (AcsRequest<?>) Class.forName(name).getConstructor().newInstance();
        } catch (ClassNotFoundException e) {
            return null;
        }
        for (Map.Entry<String, JsonElement> given : call.getAsJsonObject("input").entrySet()) {
            Method setter = setter(request, given.getKey());
            if (setter == null) {
                return null;
            }
            setter.invoke(request, (Object) GSON.fromJson(given.getValue(), setter.getGenericParameterTypes()[0]));
        }
        return request;
    }

    private static Method setter(AcsRequest<?> request, String name) {
        if (name.equals("RegionId")) {
            name = "SysRegionId"; // the SDK's own parameter
        }
        for (Method m : request.getClass().getMethods()) {
            if (m.getParameterCount() == 1 && (m.getName().equals("set" + name) || m.getName().equals("set" + name + "s"))) {
                return m;
            }
        }
        return null;
    }

    /** What the SDK offers for all else: parameters by name, flattened by its user. */
    private static CommonRequest common(JsonObject call) {
        JsonObject options = call.getAsJsonObject("options");
        CommonRequest request = new CommonRequest();
        request.setSysVersion(VERSION);
        request.setSysAction(call.get("operation").getAsString());
        request.setSysDomain(host(call));
        request.setSysProtocol(ProtocolType.HTTP);
        if (options.has("method")) {
            request.setSysMethod(MethodType.valueOf(options.get("method").getAsString()));
        }
        if (options.has("timeoutMs")) {
            request.setSysReadTimeout(options.get("timeoutMs").getAsInt());
        }
        flatten(request, "", call.get("input"));
        return request;
    }

    private static void flatten(CommonRequest request, String path, JsonElement value) {
        if (value.isJsonObject()) {
            value.getAsJsonObject().entrySet().forEach(e -> flatten(request, path + "." + e.getKey(), e.getValue()));
        } else if (value.isJsonArray()) {
            for (int i = 0; i < value.getAsJsonArray().size(); i++) {
                flatten(request, path + "." + (i + 1), value.getAsJsonArray().get(i));
            }
        } else {
            request.putQueryParameter(path.substring(1), value.getAsString());
        }
    }

    private static String host(JsonObject call) {
        return call.get("endpoint").getAsString().replace("http://", "");
    }

    private static DefaultAcsClient client(JsonObject call) {
        String key = call.get("credentials").toString() + call.get("options") + call.get("endpoint") + call.get("region");
        synchronized (clients) {
            return clients.computeIfAbsent(key, k -> connect(call));
        }
    }

    private static DefaultAcsClient connect(JsonObject call) {
        JsonObject key = call.getAsJsonObject("credentials");
        String id = key.get("accessKeyId").getAsString();
        String secret = key.get("accessKeySecret").getAsString();
        DefaultProfile profile = DefaultProfile.getProfile(call.get("region").getAsString(), id, secret);
        DefaultAcsClient client = key.has("securityToken")
            ? new DefaultAcsClient(profile, new BasicSessionCredentials(id, secret, key.get("securityToken").getAsString()))
            : new DefaultAcsClient(profile);
        JsonObject options = call.getAsJsonObject("options");
        if (options.has("retries")) {
            client.setAutoRetry(options.get("retries").getAsInt() > 0);
            client.setMaxRetryNumber(options.get("retries").getAsInt());
        }
        return client;
    }
}
