import com.aliyuncs.AcsRequest;
import com.aliyuncs.CommonRequest;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.auth.BasicSessionCredentials;
import com.aliyuncs.eci.model.v20180808.DescribeRegionsRequest;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.MethodType;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.policy.retry.RetryPolicy;
import com.aliyuncs.profile.DefaultProfile;
import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Driver of aliyun-java-sdk-eci: docs/driver-protocol.md over its DefaultAcsClient. */
public final class Driver implements Protocol.Sdk {
    private static final int CLIENTS = 64; // the oldest idle one is shut down, or every key keeps a connection open
    /** The SDK's fields are the API's names with a small first letter. */
    private static final Gson GSON = new GsonBuilder().setFieldNamingPolicy(FieldNamingPolicy.UPPER_CAMEL_CASE).create();

    /** A client, and how many calls are under way with it. */
    private static final class Lease {
        DefaultAcsClient client;
        int busy;
    }

    /** What is done with a client. */
    private interface Use {
        JsonElement of(DefaultAcsClient client) throws ClientException;
    }

    private final Map<String, Lease> clients = new LinkedHashMap<>(CLIENTS, 0.75f, true);

    public static void main(String[] args) throws Exception {
        String jar = DescribeRegionsRequest.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        JsonObject hello = JsonParser.parseString("{'name':'aliyun-java-sdk-eci','signatures':['v1'],'methods':['GET','POST'],"
            + "'formats':['JSON'],'options':['retries','timeout','sts']}").getAsJsonObject();
        hello.addProperty("version", jar.replaceAll(".*aliyun-java-sdk-eci-(.*)\\.jar", "$1"));
        Protocol.serve(hello, new Driver());
    }

    @Override
    public JsonObject problem(Throwable e) {
        if (!(e instanceof ClientException)) {
            return Protocol.problem("", e.toString());
        }
        ClientException said = (ClientException) e; // ServerException is one; neither has the status
        JsonObject error = Protocol.problem(said.getErrCode() == null ? "" : said.getErrCode(), said.getErrMsg() == null ? "" : said.getErrMsg());
        if (said.getRequestId() != null) {
            error.addProperty("requestId", said.getRequestId());
        }
        return error;
    }

    /** What a user would write: a client, and the SDK's request where it has one that takes all of the input. */
    @Override
    public Protocol.Action prepare(JsonObject call) throws Exception {
        AcsRequest<?> request = typed(call);
        if (request != null) {
            request.setSysEndpoint(host(call));
            request.setSysProtocol(ProtocolType.HTTP);
            options(call, request::setSysMethod, request::setSysReadTimeout);
            return () -> with(call, client -> GSON.toJsonTree(client.getAcsResponse(request)));
        }
        CommonRequest common = common(call);
        return () -> with(call, client -> JsonParser.parseString(client.getCommonResponse(common).getData()).getAsJsonObject());
    }


    private static void options(JsonObject call, Consumer<MethodType> method, Consumer<Integer> timeout) {
        JsonObject options = call.getAsJsonObject("options");
        if (options.has("method")) {
            method.accept(MethodType.valueOf(options.get("method").getAsString()));
        }
        if (options.has("timeoutMs")) {
            timeout.accept(options.get("timeoutMs").getAsInt());
        }
    }

    private static AcsRequest<?> typed(JsonObject call) throws Exception {
        AcsRequest<?> request;
        try {
            String name = DescribeRegionsRequest.class.getPackageName() + "." + call.get("operation").getAsString() + "Request";
            request = (AcsRequest<?>) Class.forName(name).getConstructor().newInstance();
        } catch (ClassNotFoundException e) {
            return null;
        }
        for (Map.Entry<String, JsonElement> given : call.getAsJsonObject("input").entrySet()) {
            Method setter = setter(request, given.getKey());
            if (setter == null) {
                return null;
            }
            try {
                setter.invoke(request, (Object) GSON.fromJson(given.getValue(), setter.getGenericParameterTypes()[0]));
            } catch (InvocationTargetException e) {
                throw new Protocol.Lacking("a setter of the SDK refuses its value: " + e.getCause().getMessage());
            }
        }
        return request;
    }

    private static Method setter(AcsRequest<?> request, String name) {
        String set = "set" + (name.equals("RegionId") ? "SysRegionId" : name); // the region is the SDK's own parameter
        for (Method m : request.getClass().getMethods()) {
            if (m.getParameterCount() == 1 && (m.getName().equals(set) || m.getName().equals(set + "s"))) {
                return m;
            }
        }
        return null;
    }

    /** What the SDK offers for all else: parameters by name, flattened by its user. */
    private static CommonRequest common(JsonObject call) {
        CommonRequest request = new CommonRequest();
        request.setSysVersion("2018-08-08");
        request.setSysAction(call.get("operation").getAsString());
        request.setSysDomain(host(call));
        request.setSysProtocol(ProtocolType.HTTP);
        options(call, request::setSysMethod, request::setSysReadTimeout);
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

    private JsonElement with(JsonObject call, Use use) throws ClientException {
        Lease lease = take(call);
        try {
            return use.of(lease.client);
        } finally {
            synchronized (clients) {
                lease.busy--;
            }
        }
    }

    private Lease take(JsonObject call) {
        String key = call.get("credentials").toString() + call.get("options") + call.get("endpoint") + call.get("region");
        synchronized (clients) {
            Lease lease = clients.computeIfAbsent(key, k -> new Lease());
            if (lease.client == null) {
                lease.client = connect(call);
            }
            lease.busy++;
            clients.values().removeIf(old -> clients.size() > CLIENTS && old.busy == 0 && end(old));
            return lease;
        }
    }

    private static boolean end(Lease old) {
        old.client.shutdown();
        return true;
    }

    private static DefaultAcsClient connect(JsonObject call) {
        JsonObject key = call.getAsJsonObject("credentials");
        String id = key.get("accessKeyId").getAsString();
        String secret = key.get("accessKeySecret").getAsString();
        DefaultProfile profile = DefaultProfile.getProfile(call.get("region").getAsString(), id, secret);
        DefaultAcsClient client = key.has("securityToken")
            ? new DefaultAcsClient(profile, new BasicSessionCredentials(id, secret, key.get("securityToken").getAsString()))
            : new DefaultAcsClient(profile);
        JsonElement retries = call.getAsJsonObject("options").get("retries");
        if (retries != null) { // setAutoRetry is there too, and nothing reads it
            client.setSysRetryPolicy(retries.getAsInt() == 0 ? RetryPolicy.none()
                : RetryPolicy.defaultRetryPolicy(true).toBuilder().maxNumberOfRetries(retries.getAsInt()).build());
        }
        return client;
    }
}
