//! Arguments over the file: what nobody said to the program is as the file has it.

use super::{Collect, Config, Listen, values};
use crate::args::UpArgs;
use clap::ArgMatches;
use clap::parser::ValueSource;
use values::Written;
use vigie_collect::inputs::{Environment, Inputs};

/// Variables of OpenTelemetry that say where traces go, and whether.
const OTEL_WHERE: &[&str] =
    &["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"];
/// Variables that say which.
const OTEL_WHICH: &[&str] = &["OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"];

impl UpArgs {
    /// Fills in what the file says. A list that was given replaces the one of the file.
    pub(crate) fn over(&mut self, config: Config, matches: &ArgMatches, variable: Environment<'_>) {
        let Config { listen, collect, lake, enrich, advisories, scan, telemetry } = config;
        let told = |id: &str| is_told(matches, id);
        self.listen_on(listen, &told);
        self.collect_from(collect, &told);
        fill(&mut self.lake_store, lake.store.map(|url| Some(url.0)), told("lake_store"));
        fill(&mut self.lake_cache_mib, lake.cache_mib, told("lake_cache_mib"));
        fill(&mut self.keep_days, lake.keep_days, told("keep_days"));
        fill(&mut self.keep_class, some(lake.keep_class.into_iter().collect()), told("keep_class"));
        fill(&mut self.geoip, some(enrich.geoip), told("geoip"));
        fill(&mut self.feeds, advisories.feeds.map(|url| url.0), told("feeds"));
        fill(&mut self.yara, some(scan.yara), told("yara"));
        // OpenTelemetry's own variables are the environment, too.
        let said = |names: &[&str]| names.iter().any(|name| variable(name).is_some_and(|value| !value.trim().is_empty()));
        let endpoint = telemetry.otlp_endpoint.map(|url| Some(url.0));
        fill(&mut self.otlp_endpoint, endpoint, told("otlp_endpoint") || said(OTEL_WHERE));
        let ratio = telemetry.trace_ratio.map(|ratio| Some(ratio.0));
        fill(&mut self.trace_ratio, ratio, told("trace_ratio") || said(OTEL_WHICH));
        fill(&mut self.log_in_file, telemetry.log.map(Some), told("log"));
    }

    fn listen_on(&mut self, listen: Listen, told: &dyn Fn(&str) -> bool) {
        fill(&mut self.listen, listen.console, told("listen"));
        fill(&mut self.intake, listen.intake.map(Some), told("intake"));
        if !told("syslog") && !told("no_syslog") {
            match listen.syslog.map(|address| address.0) {
                Some(Some(address)) => self.syslog = address,
                Some(None) => self.no_syslog = true,
                None => {}
            }
        }
        fill(&mut self.syslog_tls, listen.syslog_tls.map(Some), told("syslog_tls"));
        let authorities = listen.syslog_tls_client_ca.map(Some);
        fill(&mut self.syslog_tls_client_ca, authorities, told("syslog_tls_client_ca"));
        fill(&mut self.gelf, listen.gelf.map(Some), told("gelf"));
        fill(&mut self.netflow, listen.netflow.map(Some), told("netflow"));
        fill(&mut self.forward, listen.forward.map(Some), told("forward"));
        fill(&mut self.forward_key_file, listen.forward_key_file.map(Some), told("forward_key_file"));
    }

    fn collect_from(&mut self, collect: Collect, told: &dyn Fn(&str) -> bool) {
        let Collect { local_logs, follow, tenants, kafka, nats, objects, allow } = collect;
        fill(&mut self.no_local_logs, local_logs.map(|read| !read), told("no_local_logs"));
        fill(&mut self.follow, some(follow), told("follow"));
        fill(&mut self.tenant, some(tenants.into_iter().map(|Written(tenant)| tenant).collect()), told("tenant"));
        self.inputs = Inputs { kafka, nats, objects, allow };
    }
}

/// Whether somebody said it: on the command line or in its variable.
fn is_told(matches: &ArgMatches, id: &str) -> bool {
    matches!(matches.value_source(id), Some(ValueSource::CommandLine | ValueSource::EnvVariable))
}

fn fill<T>(argument: &mut T, of_file: Option<T>, told: bool) {
    if let Some(value) = of_file.filter(|_| !told) {
        *argument = value;
    }
}

/// A list that says something.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}
