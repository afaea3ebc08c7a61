//! A fleet of 2,000 assets with a million findings, the same in every run.

use std::collections::{BTreeSet, HashSet};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::finding::{FindingKind, Identity, Locator};
use vigie_model::occurrence::{DetectionDetail, Occurrence, VulnerabilityDetail};
use vigie_model::priority::{Circumstances, KnownExploited};
use vigie_model::severity::Severity;
use vigie_model::time::Timestamp;
use vigie_model::verdict::Evidence;

/// Assets of the fleet.
pub(crate) const ASSETS: u32 = 2_000;
/// Findings on an asset, by the last digit of its number: 500 on average.
const SIZES: [u32; 10] = [100, 150, 200, 300, 400, 500, 600, 700, 850, 1_200];
/// Distinct vulnerabilities.
const VULNERABILITIES: u32 = 20_000;
const STEMS: [&str; 16] = [
    "openssl",
    "curl",
    "libxml2",
    "krb5",
    "gtk",
    "perl",
    "python",
    "linux",
    "systemd",
    "imagemagick",
    "ffmpeg",
    "tiff",
    "expat",
    "avahi",
    "glibc",
    "samba",
];

/// A tool, and which part of the findings it reports.
pub(crate) struct Judge {
    pub(crate) tool: &'static str,
    pub(crate) kinds: &'static [FindingKind],
}

/// Everything but detections, which come by themselves.
pub(crate) const JUDGES: [Judge; 3] = [
    Judge { tool: "vigie.advisories", kinds: &[FindingKind::Vulnerability] },
    Judge { tool: "vigie.checks", kinds: &[FindingKind::Misconfiguration, FindingKind::Exposure, FindingKind::WeakCrypto] },
    Judge { tool: "scanner", kinds: &[FindingKind::Secret, FindingKind::Licence] },
];

pub(crate) fn size(number: u32) -> u32 {
    SIZES[number as usize % SIZES.len()]
}

pub(crate) fn asset(number: u32) -> Asset {
    let (kind, role) = match number % 20 {
        0..12 => (AssetKind::Host, ["web", "db", "mail", "build"][number as usize % 4]),
        12..18 => (AssetKind::Container, "app"),
        _ => (AssetKind::Image, "image"),
    };
    let mut asset = Asset::new(kind, format!("{:016x}", spread(u64::from(number))), format!("{role}-{number:04}.example.org"));
    let environment = ["production", "production", "staging", "test"][number as usize / 7 % 4];
    asset.labels.insert("environment".into(), environment.into());
    asset
}

/// All findings of one kind of judge and the detections are told apart by their kinds.
pub(crate) fn findings(asset: &Asset, number: u32, count: u32) -> Vec<Occurrence> {
    let mut known = HashSet::new();
    (0..count).map(|place| finding(asset, u64::from(number) << 32 | u64::from(place), place, &mut known)).collect()
}

/// Only vulnerabilities, as one run over a machine with many packages reports them.
pub(crate) fn vulnerabilities(asset: &Asset, number: u32, count: u32) -> Vec<Occurrence> {
    let mut known = HashSet::new();
    (0..count).map(|place| vulnerability(asset, u64::from(number) << 32 | u64::from(place), &mut known)).collect()
}

fn finding(asset: &Asset, seed: u64, place: u32, known: &mut HashSet<(u32, u32)>) -> Occurrence {
    let key = |name: String| Locator::Key(name);
    match place % 100 {
        0..86 => vulnerability(asset, seed, known),
        86..95 => {
            judged(asset, seed, FindingKind::Misconfiguration, 120, |rule| key(format!("setting-{}-{}", rule % 40, place / 100)))
        }
        95 => judged(asset, seed, FindingKind::Exposure, 20, |_| Locator::Endpoint(format!("0.0.0.0:{}", 1_000 + place))),
        96 => judged(asset, seed, FindingKind::WeakCrypto, 15, |_| key(format!("TLS_SUITE_{place}"))),
        97 => judged(asset, seed, FindingKind::Secret, 10, |_| {
            Locator::file(&format!("/srv/app/config-{}.env", seed % 10_007), "KEY")
        }),
        98 => judged(asset, seed, FindingKind::Licence, 8, |_| Locator::Package(format!("pkg:npm/module-{}", place * 7 % 900))),
        _ => detection(asset, seed),
    }
}

fn vulnerability(asset: &Asset, seed: u64, known: &mut HashSet<(u32, u32)>) -> Occurrence {
    // A few vulnerabilities are on most machines, most are on a few.
    let mut draw = spread(seed);
    let (which, binary) = loop {
        let even = (draw >> 11) as f64 / (1_u64 << 53) as f64;
        let pair = ((even * even * f64::from(VULNERABILITIES)) as u32, (draw % 3) as u32);
        if known.insert(pair) {
            break pair;
        }
        draw = spread(draw);
    };
    let fixed_traits = spread(u64::from(which) + 1);
    let source = format!("{}-{}", STEMS[fixed_traits as usize % STEMS.len()], fixed_traits / 16 % 50);
    let package = format!("{source}{}", ["", "-dev", "-common"][binary as usize]);
    let cve = format!("CVE-{}-{:05}", 2010 + fixed_traits / 1_000 % 17, which);
    let listed = (fixed_traits / 50_000).is_multiple_of(100);
    let known_exploited = if listed { KnownExploited::Yes } else { KnownExploited::No };
    let epss = ((fixed_traits >> 20) % 1_000) as f64 / 1_000.0;
    let fixed = (!(fixed_traits / 7).is_multiple_of(3)).then(|| format!("{}.2-1", fixed_traits % 9));
    let installed = format!("{}.1-1", fixed_traits % 9);
    let circumstances = Circumstances { epss: Some(epss.powi(4)), known_exploited, ..Circumstances::default() };
    Occurrence {
        identity: Identity {
            kind: FindingKind::Vulnerability,
            subject: cve.clone(),
            asset: asset.id,
            locator: Locator::Package(format!("pkg:deb/debian/{package}")),
        },
        severity: severity(fixed_traits),
        circumstances,
        title: format!("{cve} in {package}"),
        evidence: vec![Evidence {
            locator: package,
            place: "/var/lib/dpkg/status".into(),
            found: installed.clone(),
            expected: fixed.clone().unwrap_or_default(),
        }],
        vulnerability: Some(VulnerabilityDetail {
            aliases: vec![cve.clone(), format!("DEBIAN-{cve}")],
            package: source,
            ecosystem: "Debian:12".into(),
            installed,
            fixed,
            unfixed: None,
            cvss_vector: Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".into()),
            summary: "A crafted input makes the parser read beyond the end of its buffer, which may crash the program or \
                      disclose what lies behind it to whoever sent the input."
                .into(),
            references: vec![format!("https://security.example.org/{cve}"), "https://bugs.example.org/1".into()],
            known_exploited,
        }),
        detection: None,
    }
}

fn judged(asset: &Asset, seed: u64, kind: FindingKind, rules: u64, place: impl Fn(u64) -> Locator) -> Occurrence {
    let draw = spread(seed);
    let rule = draw % rules;
    let subject = format!("{}-{rule:04}", kind.word().to_uppercase());
    // Of its own for each finding: rules and places repeat.
    let locator = match place(rule) {
        Locator::Key(key) => Locator::Key(format!("{key}-{}", (seed & 0xffff_ffff) % 97)),
        other => other,
    };
    Occurrence {
        severity: severity(spread(rule)),
        circumstances: Circumstances::default(),
        title: format!("The rule {subject} is not kept: {}", locator.text()),
        evidence: vec![Evidence { locator: locator.text(), place: "/etc".into(), found: "yes".into(), expected: "no".into() }],
        identity: Identity { kind, subject, asset: asset.id, locator },
        vulnerability: None,
        detection: None,
    }
}

fn detection(asset: &Asset, seed: u64) -> Occurrence {
    let draw = spread(seed);
    let entity = format!("10.{}.{}.{}", draw % 200, draw / 200 % 250, draw / 60_000 % 250);
    let mut found = judged(asset, seed, FindingKind::Detection, 40, |_| Locator::Endpoint(entity.clone()));
    found.detection = Some(DetectionDetail {
        first_event: Timestamp::EPOCH,
        last_event: Timestamp::EPOCH,
        events: Vec::new(),
        count: draw % 50,
        entity: vec![("src_endpoint.ip".into(), entity)],
        techniques: vec!["T1110".into()],
        author: "bench".into(),
    });
    found
}

fn severity(draw: u64) -> Severity {
    match draw % 100 {
        0..5 => Severity::Critical,
        5..30 => Severity::High,
        30..75 => Severity::Medium,
        75..95 => Severity::Low,
        _ => Severity::Info,
    }
}

/// Those of one judge.
pub(crate) fn of_kinds(all: &[Occurrence], kinds: &[FindingKind]) -> Vec<Occurrence> {
    all.iter().filter(|occurrence| kinds.contains(&occurrence.identity.kind)).cloned().collect()
}

/// What is left of a report after some repairs: one in seven is gone.
pub(crate) fn repaired(all: &[Occurrence]) -> Vec<Occurrence> {
    let stays = |occurrence: &&Occurrence| !occurrence.identity.id().as_bytes()[0].is_multiple_of(7);
    all.iter().filter(stays).cloned().collect()
}

/// How many findings these are: a rule may meet the same place twice.
pub(crate) fn distinct(all: &[Occurrence]) -> usize {
    all.iter().map(|occurrence| occurrence.identity.id()).collect::<BTreeSet<_>>().len()
}

/// Numbers without a pattern that repeat from run to run.
pub(crate) fn spread(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^= mixed >> 27;
    mixed = mixed.wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 31
}
