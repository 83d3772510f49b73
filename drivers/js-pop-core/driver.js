// Driver of @alicloud/pop-core: docs/driver-protocol.md over its RPCClient.
'use strict';

const { RPCClient } = require('@alicloud/pop-core');
const { serve, isObject } = require('../js/protocol');

// The SDK takes lists; structs are its user's to write with dots.
function flat(path, value, into) {
  if (!isObject(value) || Array.isArray(value)) {
    into[path] = value;
    return into;
  }
  for (const [key, v] of Object.entries(value)) flat(path ? `${path}.${key}` : key, v, into);
  return into;
}

// One client for each key; the oldest that has nothing under way lets go of its
// connections.
const clients = new Map();
async function withClient(call, use) {
  const config = { ...call.credentials, endpoint: call.endpoint, apiVersion: '2018-08-08' };
  const name = JSON.stringify(config);
  if (!clients.has(name)) clients.set(name, { client: new RPCClient(config), busy: 0 });
  const taken = clients.get(name);
  taken.busy += 1;
  for (const [old, { client, busy }] of clients) {
    if (clients.size <= 256) break;
    if (busy > 0) continue;
    client.keepAliveAgent.destroy();
    clients.delete(old);
  }
  try {
    return await use(taken.client);
  } finally {
    taken.busy -= 1;
  }
}

// What a user would write.
function prepare(call) {
  const options = {};
  if (call.options.method !== undefined) options.method = call.options.method;
  if (call.options.timeoutMs !== undefined) options.timeout = call.options.timeoutMs;
  return () => withClient(call, (client) => client.request(call.operation, flat('', call.input, {}), options));
}

serve({
  sdk: require('@alicloud/pop-core/package.json'),
  // maxInFlight: fewer than clients are kept
  has: { signatures: ['v1'], methods: ['GET', 'POST'], formats: ['JSON'], options: ['timeout', 'sts'], maxInFlight: 64 },
  prepare,
  status: (e) => e.entry?.response?.statusCode,
});
