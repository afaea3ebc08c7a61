//! The table `collect.allow`: from which networks a listener takes something.

use super::wrong;
use crate::source::Allowed;
use ipnet::IpNet;
use serde::Deserialize;
use std::net::IpAddr;
use vigie_kit::problem::Problem;
use vigie_model::text;

/// The table as it is called in what is said.
const TABLE: &str = "[collect.allow]";

/// Networks, or single addresses, for each listener; one without a list takes from everywhere.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AllowInput {
    /// Syslog over UDP and TCP.
    pub syslog: Option<Vec<String>>,
    /// Syslog over TLS.
    pub syslog_tls: Option<Vec<String>>,
    /// GELF over UDP and TCP.
    pub gelf: Option<Vec<String>>,
    /// NetFlow and IPFIX.
    pub netflow: Option<Vec<String>>,
    /// Fluent's forward protocol.
    pub forward: Option<Vec<String>>,
}

/// The same, read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allow {
    pub(crate) syslog: Allowed,
    pub(crate) syslog_tls: Allowed,
    pub(crate) gelf: Allowed,
    pub(crate) netflow: Allowed,
    pub(crate) forward: Allowed,
}

impl AllowInput {
    pub(super) fn resolve(&self) -> Result<Allow, Problem> {
        Ok(Allow {
            syslog: networks("syslog", self.syslog.as_deref())?,
            syslog_tls: networks("syslog_tls", self.syslog_tls.as_deref())?,
            gelf: networks("gelf", self.gelf.as_deref())?,
            netflow: networks("netflow", self.netflow.as_deref())?,
            forward: networks("forward", self.forward.as_deref())?,
        })
    }
}

fn networks(key: &str, list: Option<&[String]>) -> Result<Allowed, Problem> {
    let Some(list) = list else { return Ok(Allowed::default()) };
    let network = |text: &String| text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)));
    let read: Option<Vec<IpNet>> = list.iter().map(network).collect();
    // A listener that takes from nobody is one that should not be there.
    read.filter(|networks| !networks.is_empty()).map(Allowed::only).ok_or_else(|| {
        let hint = text!(
            en "networks such as 10.0.0.0/8 and addresses such as 192.0.2.7 are wanted, at least one",
            fr "il faut des réseaux comme 10.0.0.0/8 ou des adresses comme 192.0.2.7, au moins un",
            de "gebraucht werden Netze wie 10.0.0.0/8 oder Adressen wie 192.0.2.7, wenigstens eines",
        );
        wrong(TABLE, key, hint)
    })
}
