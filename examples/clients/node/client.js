// How a Node program calls parleyd.
//
//   cd examples/clients/node && npm install
//   node client.js 127.0.0.1:50051
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const protobuf = require('protobufjs');

const root = path.join(__dirname, '..', '..', '..');
const load = (file, dirs) => grpc.loadPackageDefinition(
  loader.loadSync(file, { includeDirs: dirs, longs: Number, enums: String, oneofs: true, arrays: true, defaults: true }));
const parley = load('parley/v1/classifier.proto', [path.join(root, 'proto')]).parley.v1;
const local = path.join(__dirname, '..', 'proto');
const health = load('grpc/health/v1/health.proto', [local]).grpc.health.v1;
// The messages in which errors carry their details.
const rpc = protobuf.loadSync(path.join(local, 'google/rpc/error_details.proto')).lookup('google.rpc');

const TEXTS = [
  'The minister thanked the Syrian president and promised more aid.',
  'The council condemned the regime of Assad for shelling the market.',
  'اجتمع الوفدان في جنيف واتفقا على هدنة.',
];
// Offsets in UTF-16 units are those by which JavaScript slices.
const options = { encoding: 'ENCODING_TYPE_UTF16' };
const deadline = (seconds) => ({ deadline: Date.now() + seconds * 1000 });

const call = (client, method, request) => new Promise((resolve, reject) =>
  client[method](request, new grpc.Metadata(), deadline(5), (err, resp) => (err ? reject(err) : resolve(resp))));

function show(result) {
  for (const p of result.paragraphs) {
    console.log(`  ${result.id}: stance ${p.stance.label} (${p.stance.confidence.toFixed(2)}), tone ${p.tone.label} (${p.tone.confidence.toFixed(2)})`);
    for (const e of p.stance.evidence) {
      if (p.text.slice(e.span.start, e.span.end) !== e.text) throw new Error('offsets do not fit');
    }
  }
}

async function batch(client) {
  const documents = [{ id: 'a', content: TEXTS[0] }, { id: 'b', content: '' }, { id: 'c', content: TEXTS[2] }];
  console.log('batch:');
  for (const item of (await call(client, 'BatchClassify', { documents, options })).items) {
    if (item.outcome === 'error') console.log(`  document ${item.index}: ${item.error.reason} at ${item.error.field}: ${item.error.message}`);
    else show(item.result);
  }
}

function stream(client) {
  return new Promise((resolve, reject) => {
    const s = client.StreamClassify(new grpc.Metadata(), deadline(30));
    let sent = 0;
    let answers = 0;
    const more = () => {
      while (sent < 100) {
        const id = String(sent++);
        // false: the server is behind; go on when it has caught up.
        if (!s.write({ id, documents: [{ id: 'd', content: TEXTS[sent % TEXTS.length] }], options })) {
          s.once('drain', more);
          return;
        }
      }
      s.end();
    };
    s.on('data', () => { answers++; });
    s.on('error', reject);
    s.on('end', () => { console.log('stream:', answers, 'answers'); resolve(); });
    more();
  });
}

async function failure(client) {
  try {
    await call(client, 'Classify', { document: { content: 'x' }, options: { model: 'no-such-model' } });
  } catch (err) {
    console.log('failure:', grpc.status[err.code]);
    const raw = err.metadata.get('grpc-status-details-bin')[0];
    for (const any of rpc.lookupType('Status').decode(raw).details) {
      const kind = any.type_url.split('.').pop(); // ErrorInfo, BadRequest, RetryInfo, RequestInfo
      console.log(' ', kind, JSON.stringify(rpc.lookupType(kind).decode(any.value)));
    }
  }
}

async function main(addr) {
  const config = fs.readFileSync(path.join(root, 'docs/deploy/service-config.json'), 'utf8');
  const channel = { 'grpc.service_config': config, 'grpc.max_receive_message_length': 64 << 20 };
  const client = new parley.ClassifierService(addr, grpc.credentials.createInsecure(), channel);
  const one = await call(client, 'Classify', { document: { id: 'one', content: TEXTS[0] }, options });
  console.log('classify: answered by', one.result.model);
  show(one.result);
  await batch(client);
  await stream(client);
  await failure(client);
  const checker = new health.Health(addr, grpc.credentials.createInsecure(), channel);
  console.log('health:', (await call(checker, 'Check', { service: 'parley.v1.ClassifierService' })).status);
  client.close();
  checker.close();
}

main(process.argv[2] || '127.0.0.1:50051').catch((err) => { console.error(err.message); process.exit(1); });
