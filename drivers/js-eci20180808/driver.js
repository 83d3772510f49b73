// Driver of @alicloud/eci20180808: docs/driver-protocol.md over its client.
'use strict';

const eci = require('@alicloud/eci20180808');
const { Config } = require('@alicloud/openapi-client');
const { RuntimeOptions } = require('@alicloud/tea-util');
const tea = require('@alicloud/tea-typescript');
const { serve, Lacking, isObject } = require('../js/protocol');

// TagResources is the client's method tagResourcesWithOptions.
const method = (operation) => `${operation[0].toLowerCase()}${operation.slice(1)}WithOptions`;
const operations = Object.keys(eci)
  .filter((name) => name.endsWith('Request'))
  .map((name) => name.slice(0, -'Request'.length))
  .filter((name) => method(name) in eci.default.prototype);

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

// What a user would write: a client, a request and runtime options.
function prepare({ operation, input, endpoint, region, signature, credentials: key, options }) {
  const Request = eci[`${operation}Request`];
  if (!Request) throw new Lacking(`the SDK has no ${operation}`);
  const request = tea.cast(input, new Request({}));
  const missing = unknown(input, request.toMap());
  if (missing) throw new Lacking(`the SDK's ${operation}Request has no ${missing}`);
  const client = new eci.default(new Config({
    accessKeyId: key.accessKeyId,
    accessKeySecret: key.accessKeySecret,
    securityToken: key.securityToken,
    endpoint: endpoint.replace('http://', ''),
    protocol: 'http',
    regionId: region,
    signatureAlgorithm: signature === 'v1' ? 'v2' : undefined,
  }));
  const runtime = new RuntimeOptions({});
  if (options.retries !== undefined) {
    runtime.autoretry = options.retries > 0;
    runtime.maxAttempts = options.retries;
  }
  if (options.timeoutMs !== undefined) runtime.readTimeout = options.timeoutMs;
  return async () => (await client[method(operation)](request, runtime)).body.toMap();
}

serve({
  sdk: require('@alicloud/eci20180808/package.json'),
  has: { operations, signatures: ['acs3', 'v1'], methods: ['POST'], formats: ['JSON'], options: ['retries', 'timeout', 'sts'] },
  prepare,
  status: (e) => e.statusCode ?? undefined,
});
