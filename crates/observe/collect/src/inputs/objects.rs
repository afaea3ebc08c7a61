//! The tables `[[collect.objects]]`.

use super::kafka::Start;
use super::{named, tenant_of, wrong};
use crate::source::objects::Settings;
use serde::Deserialize;
use std::time::Duration;
use vigie_kit::problem::{Explain, Problem};
use vigie_model::text;
use vigie_objects::{Limits, Objects};

const TABLE: &str = "[[collect.objects]]";

/// Objects in a bucket, a container or a folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectsInput {
    /// What it is called in the name of its source; without it, its address.
    pub name: Option<String>,
    /// Where they are: `s3://bucket/prefix`, `az://account/container/prefix`, `gs://bucket/prefix`, `file:///folder`.
    pub url: String,
    /// Where the very first start begins.
    #[serde(default)]
    pub start: Start,
    /// Seconds between two looks.
    #[serde(default = "every_seconds")]
    pub every_seconds: u32,
    /// Minutes by which an object may show later than the time it carries.
    #[serde(default = "late_minutes")]
    pub late_minutes: u32,
    /// Minutes for which an object must not have changed before it is read: for those that grow while they are written.
    #[serde(default)]
    pub settle_minutes: u32,
    /// Whether names sort by time: then old ones are not listed again and again.
    #[serde(default)]
    pub ordered: bool,
    /// Whose records these are.
    pub tenant: Option<String>,
}

const fn every_seconds() -> u32 {
    60
}

const fn late_minutes() -> u32 {
    60
}

impl ObjectsInput {
    /// The settings of its source.
    pub(super) fn resolve(&self) -> Result<Settings, Problem> {
        let name = named(TABLE, self.name.as_ref())?;
        if self.every_seconds == 0 || self.late_minutes == 0 {
            let key = if self.every_seconds == 0 { "every_seconds" } else { "late_minutes" };
            return Err(wrong(
                TABLE,
                key,
                text!(
                    en "a number above 0 is wanted",
                    fr "un nombre supérieur à 0 est attendu",
                    de "gebraucht wird eine Zahl über 0",
                ),
            ));
        }
        let objects = Objects::open(&self.url, Limits::default()).map_err(Explain::explain)?;
        let address = self.url.split_once('?').map_or(&*self.url, |(address, _)| address);
        let minutes = |minutes: u32| Duration::from_secs(u64::from(minutes) * 60);
        Ok(Settings {
            source: format!("objects:{}", name.as_deref().unwrap_or(address)).into(),
            objects,
            start: self.start,
            every: Duration::from_secs(u64::from(self.every_seconds)),
            late: minutes(self.late_minutes),
            settle: minutes(self.settle_minutes),
            ordered: self.ordered,
            tenant: tenant_of(TABLE, self.tenant.as_ref())?,
        })
    }
}
