//! Every ten minutes, and after each look at the host: the images of this machine, those that are new read.

use crate::images::{Images, Looked};
use crate::live::Change;
use crate::platform::Platform;
use crate::rest::{self, Means, Seekers};
use vigie_inventory::host;
use vigie_inventory::image::Stores;
use vigie_inventory::secrets::Scanner;
use vigie_inventory::world::World;
use vigie_kit::problem::{Explain, Problem};
use vigie_model::facts::Facts;
use vigie_model::finding::FindingKind;
use vigie_model::host::HostFacts;
use vigie_model::lang::Text;
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::text;

/// What is sought in the files of images.
const KINDS: [FindingKind; 3] = [FindingKind::Misconfiguration, FindingKind::Secret, FindingKind::Malware];
/// Gaps that are told; the others are counted.
const GAPS_TOLD: usize = 3;

/// Lists, reads, judges, records.
pub(super) fn run(platform: &Platform) -> Result<Text, Problem> {
    let clock = platform.clock.as_ref();
    let host = host::asset(&HostFacts::default(), &World::live());
    let facts = platform.ledger.facts(host.id).map_err(Explain::explain)?;
    let data = platform.advisories.current();
    let scanner = Scanner::with_all_rules(rest::fingerprint_key(platform.dir().path())?);
    let (malware, problems) = platform.malware.scanner(&platform.yara_rules());
    let means = Means { scanner: Some(scanner), malware: Some(malware), ..Means::default() };
    let images = Images {
        ledger: &platform.ledger,
        clock,
        data: data.as_deref(),
        host: &host,
        facts: facts.as_ref().and_then(Facts::host),
        listing: &Stores::here().list(clock),
        seekers: &Seekers::of(&KINDS.into(), &means),
        kinds: &KINDS,
        cache: &platform.dir().path().join("layers"),
        stop: &|| platform.is_stopping(),
    };
    let mut looked = images.look().map_err(Explain::explain)?;
    looked.gaps.splice(0..0, problems.iter().map(|problem| Gap::new("YARA rules", Obstacle::Unreadable, &problem.detail)));
    if looked.changed > 0 {
        platform.live.tell(Change::Findings { changed: looked.changed });
    }
    if looked.moved {
        platform.round("advisories").iter().for_each(|round| round.start_now());
    }
    super::tell_system(platform);
    Ok(said(&looked))
}

fn said(looked: &Looked) -> Text {
    let (images, read) = (looked.images, looked.read);
    let counts = text!(
        en "{images} images, {read} newly read",
        fr "{images} images, dont {read} nouvellement lues",
        de "{images} Images, {read} neu gelesen",
    );
    let mut told = looked.gaps.iter().take(GAPS_TOLD).map(Gap::said).collect::<Vec<_>>();
    if let Some(more) = looked.gaps.len().checked_sub(GAPS_TOLD + 1) {
        let more = more + 1;
        told.push(text!(en "{more} other gaps", fr "{more} autres lacunes", de "{more} weitere Lücken"));
    }
    told.into_iter().fold(counts, |all, gap| Text {
        en: format!("{}; {}", all.en, gap.en),
        fr: format!("{} ; {}", all.fr, gap.fr),
        de: format!("{}; {}", all.de, gap.de),
    })
}
