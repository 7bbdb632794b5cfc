//! Metrics in the text format of OpenMetrics, which Prometheus reads.

use super::unavailable::Unavailable;
use crate::store;
use crate::verify;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::Duration;

/// The upper ends of the latency histogram, in seconds.
const BUCKETS: [f64; 12] =
    [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0, 10.0];

/// Counts what the server does. Clones count the same.
#[derive(Clone)]
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<EndpointLabel, Histogram, fn() -> Histogram>,
    database_errors: Family<KindLabel, Counter>,
    dropped: Counter,
    accept_errors: Counter,
    pub connections: Gauge,
    registry: Arc<Registry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    endpoint: Text,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndpointLabel {
    endpoint: Text,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Text(Box<str>);

impl EncodeLabelValue for Text {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> fmt::Result {
        encoder.write_str(&self.0)
    }
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("tokctl");
        let requests = Family::default();
        registry.register("requests", "Requests by endpoint and outcome", requests.clone());
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let durations = Family::new_with_constructor(histogram);
        let about = "Time from the headers of a request to its response";
        registry.register_with_unit("request_duration", about, Unit::Seconds, durations.clone());
        let database_errors = Family::default();
        let about = "Requests that the database could not answer";
        registry.register("database_errors", about, database_errors.clone());
        let dropped = Counter::default();
        let about = "Last uses and attempts that were not recorded, because too many waited";
        registry.register("records_dropped", about, dropped.clone());
        let accept_errors = Counter::default();
        let about = "Connections that could not be accepted";
        registry.register("accept_errors", about, accept_errors.clone());
        let connections = Gauge::default();
        registry.register("connections", "Open connections", connections.clone());
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version of tokctl", build);
        let registry = Arc::new(registry);
        Metrics {
            requests,
            durations,
            database_errors,
            dropped,
            accept_errors,
            connections,
            registry,
        }
    }

    /// Counts a request.
    pub fn request(&self, endpoint: &str, outcome: &'static str, took: Duration) {
        let endpoint = Text(endpoint.into());
        self.durations
            .get_or_create(&EndpointLabel { endpoint: endpoint.clone() })
            .observe(took.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { endpoint, outcome }).inc();
    }

    /// Counts a request that the database could not answer.
    pub fn database_error(&self, error: &Unavailable) {
        let kind = match error {
            Unavailable::TooManyWait(_) => "too_many_wait",
            Unavailable::Verify(verify::Error::Setting(_)) => "invalid_setting",
            Unavailable::Verify(verify::Error::Store(error)) => match error {
                store::Error::Locked => "locked",
                store::Error::Missing => "missing",
                store::Error::Corrupt(_) | store::Error::Truncated => "corrupt",
                store::Error::Io(_) => "io",
                store::Error::Disconnected(_) | store::Error::Server(_) => "unreachable",
                _ => "other",
            },
        };
        self.database_errors.get_or_create(&KindLabel { kind }).inc();
    }

    /// Counts what was not recorded.
    pub fn dropped(&self, count: u64) {
        self.dropped.inc_by(count);
    }

    /// Counts a connection that could not be accepted.
    pub fn accept_error(&self) {
        self.accept_errors.inc();
    }

    /// All of them as text.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
