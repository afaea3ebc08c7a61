//! Client libraries of Python and Node as people have them in their programs: what they were told to send is there.
//!
//! `VIGIE_PYTHON` names a Python, `NODE_PATH` the modules of Node. What is not installed there is said to be left out:
//! of PyPI `elasticsearch`, `opentelemetry-sdk` with `opentelemetry-exporter-otlp`, `python-logging-loki`, `graypy`,
//! `splunk-handler`, `fluent-logger`; of npm `@fluent-org/logger`.

use super::peers::{is_here, skipped};
use super::{Up, json, run, stderr, stdout, wait_for};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What each library does, behind what all of them have: `HTTP`, `TOKEN`, `GELF`, `FORWARD`, and a logger `log`.
const LIBRARIES: [(&str, &str, &str); 7] = [
    (
        "elasticsearch",
        "source:elastic* host:py-1",
        "from elasticsearch import Elasticsearch, helpers\n\
         es = Elasticsearch('http://' + HTTP, basic_auth=('py', TOKEN), http_compress=True)\n\
         documents = ({'_index': 'logs', '_op_type': 'create', 'message': f'obligation {i}', 'host': {'name': 'py-1'}} for i in range(10))\n\
         assert helpers.bulk(es, documents) == (10, [])\n",
    ),
    (
        "opentelemetry.exporter.otlp.proto.grpc",
        "source:otlp/grpc* host:otel-1 namespace:shop severity:high",
        "from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter\n\
         exporter = OTLPLogExporter(endpoint=HTTP, insecure=True, headers=(('authorization', 'Bearer ' + TOKEN),))\n",
    ),
    (
        "opentelemetry.exporter.otlp.proto.http",
        "source:otlp/http* host:otel-1 namespace:shop severity:high",
        "from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter\n\
         exporter = OTLPLogExporter(endpoint='http://' + HTTP + '/v1/logs', headers={'authorization': 'Bearer ' + TOKEN})\n",
    ),
    (
        "logging_loki",
        "source:loki* namespace:shop",
        "import logging_loki\n\
         to(logging_loki.LokiHandler(url='http://' + HTTP + '/loki/api/v1/push', tags={'namespace': 'shop'}, auth=('py', TOKEN), version='1'))\n",
    ),
    (
        "graypy",
        "source:gelf/*",
        "import graypy\n\
         to(graypy.GELFTCPHandler(*GELF), 4)\n\
         to(graypy.GELFUDPHandler(*GELF), 3)\n\
         handler = graypy.GELFHTTPHandler(*HTTP.split(':'), path='/gelf')\n\
         handler.headers['Authorization'] = 'Bearer ' + TOKEN\n\
         to(handler, 3)\n",
    ),
    (
        "splunk_handler",
        "source:splunk*",
        "from splunk_handler import SplunkHandler\n\
         host, port = HTTP.split(':')\n\
         handler = SplunkHandler(host=host, port=port, token=TOKEN, index='main', protocol='http', flush_interval=0.1)\n\
         to(handler)\n\
         handler.force_flush()\n",
    ),
    (
        "fluent.sender",
        "source:fluent",
        "from fluent import sender\n\
         fluent = sender.FluentSender('app', host=FORWARD[0], port=FORWARD[1], nanosecond_precision=True)\n\
         assert all(fluent.emit('web', {'message': f'obligation {i}', 'bytes': b'\\xff'}) for i in range(10)), fluent.last_error\n\
         fluent.close()\n",
    ),
];

const BEFORE: &str = "import logging, sys\n\
    HTTP, TOKEN, GELF, FORWARD = sys.argv[1], open(sys.argv[2]).read().strip(), sys.argv[3].split(':'), sys.argv[4].split(':')\n\
    GELF, FORWARD = (GELF[0], int(GELF[1])), (FORWARD[0], int(FORWARD[1]))\n\
    def broken(record):\n\
    \x20   raise\n\
    def to(handler, count=10):\n\
    \x20   handler.handleError = broken\n\
    \x20   log = logging.getLogger(str(id(handler)))\n\
    \x20   log.propagate = False\n\
    \x20   log.addHandler(handler)\n\
    \x20   for i in range(count): log.error('obligation %d', i)\n\
    exporter = None\n";

const BEHIND: &str = "if exporter:\n\
    \x20   from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler\n\
    \x20   from opentelemetry.sdk._logs.export import BatchLogRecordProcessor\n\
    \x20   from opentelemetry.sdk.resources import Resource\n\
    \x20   provider = LoggerProvider(resource=Resource.create({'service.name': 'web', 'k8s.namespace.name': 'shop', 'host.name': 'otel-1'}))\n\
    \x20   provider.add_log_record_processor(BatchLogRecordProcessor(exporter))\n\
    \x20   to(LoggingHandler(logger_provider=provider))\n\
    \x20   assert provider.force_flush()\n\
    \x20   provider.shutdown()\n";

fn said(up: &Up, name: &str) -> String {
    up.said.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap().trim().to_owned()
}

fn count(data: &Path, query: &str) -> u64 {
    json(data, &["search", query, "--count", "--format", "json"])["count"].as_u64().unwrap_or_default()
}

#[test]
fn libraries_of_python_bring_their_events() {
    let python = std::env::var("VIGIE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = |module: &str| {
        Command::new(&python).args(["-c", &format!("import {module}")]).output().is_ok_and(|it| it.status.success())
    };
    let (there, missing): (Vec<_>, Vec<_>) = LIBRARIES.into_iter().partition(|(module, ..)| has(module));
    for (module, ..) in missing {
        skipped(&format!("{python} has no module {module}"));
    }
    if there.is_empty() {
        return;
    }
    let (data, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let up = Up::start(data.path(), &["--intake", "127.0.0.1:0", "--gelf", "127.0.0.1:0", "--forward", "127.0.0.1:0"]);
    let token = work.path().join("token");
    fs::write(&token, run(data.path(), &["token", "create", "py", "--permission", "send_events"]).stdout).unwrap();
    for (module, query, what) in there {
        let mut script = Command::new(&python);
        script.args(["-c", &[BEFORE, what, BEHIND].concat(), &said(&up, "intake: http://")]).arg(&token);
        let output = script.args([said(&up, "gelf:"), said(&up, "forward:")]).output().unwrap();
        assert!(output.status.success(), "{module}: {}", stderr(&output));
        let query = format!("{query} obligation");
        wait_for(&format!("what {module} sends"), || (count(data.path(), &query) >= 10).then_some(()));
        assert_eq!(count(data.path(), &query), 10, "{module}");
    }
    assert_eq!(count(data.path(), "unmapped.set_aside:*"), 0);
    assert_eq!(up.terminate(), 0);
}

/// Says a message of the forward protocol under a key, and whether it was acknowledged.
const FLUENT: &str = "const { FluentClient } = require('@fluent-org/logger');\n\
    const [host, port] = process.argv[1].split(':');\n\
    const client = new FluentClient('app', { socket: { host, port: Number(port), timeout: 3000 },\n\
      security: { clientHostname: 'node-1', sharedKey: process.argv[2] }, ack: { ackTimeout: 5000 } });\n\
    client.socketOn('error', () => {});\n\
    const late = new Promise((_, refuse) => setTimeout(() => refuse(new Error('late')), 6000));\n\
    Promise.race([client.emit('web', { message: 'obligation' }), late])\n\
      .then(() => { console.log('acknowledged'); process.exit(0); }, error => { console.log(error.message); process.exit(1); });\n";

#[test]
fn fluent_of_node_knows_the_key_or_says_nothing() {
    let has = || Command::new("node").args(["-e", "require('@fluent-org/logger')"]).output().is_ok_and(|it| it.status.success());
    if !is_here("node") || !has() {
        skipped("node, or its module @fluent-org/logger in NODE_PATH, is not installed");
        return;
    }
    let (data, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = work.path().join("key");
    fs::write(&key, "quiet-harbour\n").unwrap();
    let up = Up::start(data.path(), &["--forward", "127.0.0.1:0", "--forward-key-file", key.to_str().unwrap()]);
    let send = |key: &str| Command::new("node").args(["-e", FLUENT, &said(&up, "forward:"), key]).output().unwrap();
    let refused = send("wrong");
    assert!(!refused.status.success(), "{}", stdout(&refused));
    assert_eq!(count(data.path(), "source:fluent"), 0);
    let taken = send("quiet-harbour");
    assert_eq!(stdout(&taken).trim(), "acknowledged", "{}", stderr(&taken));
    assert_eq!(count(data.path(), "source:fluent obligation"), 1, "what is acknowledged is there");
    assert_eq!(up.terminate(), 0);
}
