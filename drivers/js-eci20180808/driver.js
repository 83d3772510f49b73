// Driver of @alicloud/eci20180808: docs/driver-protocol.md over its client.
'use strict';

const readline = require('readline');
const eci = require('@alicloud/eci20180808');
const { Config } = require('@alicloud/openapi-client');
const { RuntimeOptions } = require('@alicloud/tea-util');
const tea = require('@alicloud/tea-typescript');

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
console.log = console.error; // what a library prints is no reply

// TagResources is the client's method tagResourcesWithOptions.
const method = (operation) => `${operation[0].toLowerCase()}${operation.slice(1)}WithOptions`;
const operations = Object.keys(eci)
  .filter((name) => name.endsWith('Request'))
  .map((name) => name.slice(0, -'Request'.length))
  .filter((name) => method(name) in eci.default.prototype);

const isObject = (v) => v !== null && typeof v === 'object';

class Lacking extends Error {}

// The first member of given that the SDK's model did not take.
function unknown(given, kept, path) {
  if (!isObject(given)) return undefined;
  for (const key of Object.keys(given)) {
    const here = path ? `${path}.${key}` : key;
    if (!isObject(kept) || kept[key] === undefined) return here;
    const found = unknown(given[key], kept[key], here);
    if (found) return found;
  }
  return undefined;
}

// A number that JavaScript cannot hold is given to the SDK as its digits.
function digits(line) {
  return line.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?![\d.eE])/g, (text) =>
    text[0] === '"' || Number.isSafeInteger(Number(text)) ? text : `"${text}"`);
}

// The client, the request and the runtime options that a user would write.
function prepare(call) {
  const Request = eci[`${call.operation}Request`];
  if (!Request) throw new Lacking(`the SDK has no ${call.operation}`);
  const request = tea.cast(call.input, new Request({}));
  const missing = unknown(call.input, request.toMap());
  if (missing) throw new Lacking(`the SDK's ${call.operation}Request has no ${missing}`);
  const { credentials: key, options } = call;
  const config = new Config({
    accessKeyId: key.accessKeyId,
    accessKeySecret: key.accessKeySecret,
    securityToken: key.securityToken,
    endpoint: call.endpoint.replace('http://', ''),
    protocol: 'http',
    regionId: call.region,
    signatureAlgorithm: call.signature === 'v1' ? 'v2' : undefined,
  });
  const runtime = new RuntimeOptions({});
  if (options.retries !== undefined) {
    runtime.autoretry = options.retries > 0;
    runtime.maxAttempts = options.retries;
  }
  if (options.timeoutMs !== undefined) runtime.readTimeout = options.timeoutMs;
  return { client: new eci.default(config), request, runtime };
}

// What a user can read off the SDK's error, and no more.
function problem(e) {
  const data = isObject(e.data) ? e.data : {};
  return {
    code: String(e.code ?? ''),
    message: String(data.Message ?? e.message ?? e),
    status: e.statusCode ?? undefined,
    requestId: data.RequestId ?? undefined,
  };
}

async function answer(call) {
  let made;
  try {
    made = prepare(call);
  } catch (e) { // not the SDK's doing
    say({ id: call.id, error: { code: e instanceof Lacking ? 'Unsupported' : 'Driver', message: e.message } });
    return;
  }
  try {
    const response = await made.client[method(call.operation)](made.request, made.runtime);
    say({ id: call.id, output: response.body.toMap() });
  } catch (e) {
    say({ id: call.id, error: problem(e) });
  }
}

const hello = {
  protocol: 1,
  name: '@alicloud/eci20180808',
  version: require('@alicloud/eci20180808/package.json').version,
  language: `node${process.versions.node}`,
  operations,
  signatures: ['acs3', 'v1'],
  methods: ['POST'],
  formats: ['JSON'],
  options: ['retries', 'timeout', 'sts'],
};

let greeted = false;
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  if (greeted) answer(JSON.parse(digits(line)));
  else say({ hello });
  greeted = true;
});
