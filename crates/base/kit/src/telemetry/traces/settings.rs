//! Where traces go and which: the variables that OpenTelemetry names
//! (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables), and what the program was told.

use crate::problem::{Kind, Problem};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use vigie_model::text;

/// Where a receiver takes traces, below its address.
const PATH: &str = "/v1/traces";
/// Most spans that wait, unless the environment says otherwise; the limit is the most that it may say.
const QUEUE: (usize, usize) = (2048, 65_536);
/// Most spans of one request.
const BATCH: (usize, usize) = (512, 8192);
/// Milliseconds between two requests.
const DELAY: (usize, usize) = (5_000, 600_000);
/// Milliseconds for one request.
const TIMEOUT: (usize, usize) = (10_000, 600_000);

/// Where traces go and which. Headers may be secret: they are never shown.
#[derive(Clone, PartialEq)]
pub struct TraceSettings {
    /// The address, whole.
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    /// The authority that the receiver's certificate is of, where it is not one that everybody knows.
    pub(super) authority: Option<PathBuf>,
    pub(super) sampler: Sampler,
    /// What is said of this program beside its name and version.
    pub(super) resource: Vec<(String, String)>,
    pub(super) queue: usize,
    pub(super) batch: usize,
    pub(super) delay: Duration,
    pub(super) timeout: Duration,
}

/// Which traces are told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sampler {
    /// Whether what began elsewhere is told if it is told there.
    pub(super) parent_based: bool,
    /// Of how many that begin here one is told: 0.0 none to 1.0 all.
    pub(super) ratio: f64,
}

impl fmt::Debug for TraceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceSettings").field("url", &self.url).field("sampler", &self.sampler).finish_non_exhaustive()
    }
}

impl TraceSettings {
    /// What an environment says, or none where nobody wants traces; `endpoint` and `ratio` are what the program was told,
    /// which counts before it.
    ///
    /// # Errors
    /// A [`Problem`] that names the variable that cannot be followed.
    pub fn of(
        endpoint: Option<&str>,
        ratio: Option<f64>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, Problem> {
        let variable = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let either = |name: &str| {
            variable(&format!("OTEL_EXPORTER_OTLP_TRACES_{name}")).or_else(|| variable(&format!("OTEL_EXPORTER_OTLP_{name}")))
        };
        let off = variable("OTEL_SDK_DISABLED").is_some_and(|it| it.eq_ignore_ascii_case("true"))
            || variable("OTEL_TRACES_EXPORTER").is_some_and(|it| it == "none");
        let base = |url: &str| format!("{}{PATH}", url.trim_end_matches('/'));
        let url = match endpoint {
            Some(url) if url.ends_with(PATH) => Some(url.to_owned()),
            Some(url) => Some(base(url)),
            None if off => None,
            None => variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
                .or_else(|| variable("OTEL_EXPORTER_OTLP_ENDPOINT").map(|url| base(&url))),
        };
        let Some(url) = url else { return Ok(None) };
        if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(no_address());
        }
        if either("PROTOCOL").is_some_and(|protocol| protocol == "grpc") {
            return Err(no_grpc());
        }
        let number = |value: Option<String>, (usual, most): (usize, usize)| {
            value.and_then(|value| value.parse::<usize>().ok()).filter(|value| *value > 0).unwrap_or(usual).min(most)
        };
        let named = variable("OTEL_SERVICE_NAME").map(|name| ("service.name".to_owned(), name));
        let mut resource = pairs(variable("OTEL_RESOURCE_ATTRIBUTES").as_deref());
        resource.retain(|(name, _)| name != "service.name" || named.is_none());
        resource.extend(named);
        let milliseconds = |value: usize| Duration::from_millis(value as u64);
        Ok(Some(Self {
            url,
            headers: pairs(either("HEADERS").as_deref()),
            authority: either("CERTIFICATE").map(PathBuf::from),
            sampler: sampler(ratio, variable("OTEL_TRACES_SAMPLER").as_deref(), variable("OTEL_TRACES_SAMPLER_ARG").as_deref()),
            resource,
            queue: number(variable("OTEL_BSP_MAX_QUEUE_SIZE"), QUEUE),
            batch: number(variable("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"), BATCH),
            delay: milliseconds(number(variable("OTEL_BSP_SCHEDULE_DELAY"), DELAY)),
            timeout: milliseconds(number(either("TIMEOUT"), TIMEOUT)),
        }))
    }
}

fn sampler(told: Option<f64>, name: Option<&str>, argument: Option<&str>) -> Sampler {
    let argument = argument.and_then(|text| text.parse::<f64>().ok()).filter(|ratio| (0.0..=1.0).contains(ratio)).unwrap_or(1.0);
    let (parent_based, ratio) = match name {
        Some("always_on") => (false, 1.0),
        Some("always_off") => (false, 0.0),
        Some("traceidratio") => (false, argument),
        Some("parentbased_always_off") => (true, 0.0),
        Some("parentbased_traceidratio") => (true, argument),
        _ => (true, 1.0),
    };
    Sampler { parent_based, ratio: told.unwrap_or(ratio).clamp(0.0, 1.0) }
}

/// `name=value,name=value`, values with `%XX`.
fn pairs(text: Option<&str>) -> Vec<(String, String)> {
    let all = text.unwrap_or_default().split(',').filter_map(|pair| pair.split_once('='));
    all.map(|(name, value)| (name.trim().to_owned(), unescaped(value.trim()))).filter(|(name, _)| !name.is_empty()).collect()
}

fn unescaped(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let escaped = others.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = others.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn no_address() -> Problem {
    Problem::new(
        Kind::Settings,
        text!(
            en "The address for traces does not begin with http:// or https://",
            fr "L’adresse des traces ne commence pas par http:// ou https://",
            de "Die Adresse für Traces beginnt nicht mit http:// oder https://",
        ),
    )
    .hint(text!(
        en "receivers of OTLP over HTTP usually listen on port 4318: http://localhost:4318",
        fr "les récepteurs OTLP sur HTTP écoutent en général sur le port 4318 : http://localhost:4318",
        de "Empfänger von OTLP über HTTP lauschen meist auf Port 4318: http://localhost:4318",
    ))
}

fn no_grpc() -> Problem {
    Problem::new(
        Kind::Settings,
        text!(
            en "OTEL_EXPORTER_OTLP_PROTOCOL asks for gRPC, which traces are not sent by",
            fr "OTEL_EXPORTER_OTLP_PROTOCOL demande gRPC, que les traces n’utilisent pas",
            de "OTEL_EXPORTER_OTLP_PROTOCOL verlangt gRPC, worüber keine Traces gesendet werden",
        ),
    )
    .hint(text!(
        en "set it to http/json and give the receiver’s address for HTTP, usually with port 4318",
        fr "mettez-la à http/json et donnez l’adresse HTTP du récepteur, en général sur le port 4318",
        de "setzen Sie es auf http/json und geben Sie die HTTP-Adresse des Empfängers an, meist mit Port 4318",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::lang::Lang;

    fn of(endpoint: Option<&str>, variables: &[(&str, &str)]) -> Result<Option<TraceSettings>, Problem> {
        let variable = |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
        TraceSettings::of(endpoint, None, variable)
    }

    #[test]
    fn nothing_is_sent_unless_somebody_says_where() {
        assert_eq!(of(None, &[]).unwrap(), None);
        assert_eq!(of(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"), ("OTEL_SDK_DISABLED", "true")]).unwrap(), None);
        let url = |endpoint, variables: &[(&str, &str)]| of(endpoint, variables).unwrap().unwrap().url;
        assert_eq!(url(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/")]), "http://c:4318/v1/traces");
        assert_eq!(url(None, &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c/own")]), "http://c/own");
        assert_eq!(url(Some("https://d"), &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c")]), "https://d/v1/traces");
        assert_eq!(url(Some("https://d/v1/traces"), &[]), "https://d/v1/traces");
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let told = |result: Result<_, Problem>| result.err().map(|problem: Problem| problem.told(Lang::En)).unwrap_or_default();
        assert!(told(of(Some("localhost:4317"), &[])).contains("does not begin with http://"));
        assert!(told(of(Some("http://c"), &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")])).contains("http/json"));
    }

    #[test]
    fn headers_are_secret_and_samplers_named() {
        let variables = [
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cret, x = 1"),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
            ("OTEL_SERVICE_NAME", "edge"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,deployment.environment.name=test"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "9999999"),
        ];
        let settings = of(Some("http://c"), &variables).unwrap().unwrap();
        assert_eq!(settings.headers, [("authorization".into(), "Bearer s3cret".into()), ("x".into(), "1".into())]);
        assert!(!format!("{settings:?}").contains("s3cret"));
        assert_eq!(settings.sampler, Sampler { parent_based: true, ratio: 0.25 });
        let resource = [("deployment.environment.name", "test"), ("service.name", "edge")];
        assert_eq!(settings.resource, resource.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(settings.queue, QUEUE.1);
        assert_eq!(unescaped("a%2Cb%zz%"), "a,b%zz%");
    }
}
