//! What of an image comes from its base, and what a newer one would change, for people.

use crate::out;
use vigie_model::lang::Lang;
use vigie_model::lineage::{Lineage, Newer, Part, ToldBy};
use vigie_model::occurrence::Occurrence;
use vigie_model::say;
use vigie_report::Scan;

/// How many vulnerabilities are named; the others are counted.
const NAMED: usize = 5;

/// The word for the part that several findings come from together.
pub(super) fn of_all(findings: &[&Occurrence], scan: &Scan<'_>) -> &'static str {
    let parts = || findings.iter().filter_map(|found| scan.origin(found)?.from);
    let some = |part: Part| parts().any(|it| it == part || it == Part::Both);
    match (some(Part::Base), some(Part::Own)) {
        (true, true) => Part::Both.word(),
        (true, false) => Part::Base.word(),
        (false, true) => Part::Own.word(),
        (false, false) => "",
    }
}

/// A row without its third column, which tells the part; `M` is one less than `N`.
pub(super) fn without_from<T: Default, const N: usize, const M: usize>(row: [T; N]) -> [T; M] {
    let mut cells = row.into_iter().enumerate().filter(|(place, _)| *place != 2).map(|(_, cell)| cell);
    std::array::from_fn(|_| cells.next().unwrap_or_default())
}

/// Tells how many findings come from the base, how that is known, and what a newer base would change.
pub(super) fn tell(scan: &Scan<'_>) {
    let Some(lineage) = scan.lineage else { return };
    let lang = scan.lang;
    if let Some((base, own)) = lineage.origins.counts(scan.findings.iter().map(|found| found.identity.id())) {
        let name = name(lineage, lang);
        out::say(&say!(lang,
            en "{base} from {name}, {own} from its own layers",
            fr "{base} proviennent de {name}, {own} de ses propres couches",
            de "{base} stammen aus {name}, {own} aus eigenen Schichten"));
    }
    for newer in &lineage.newer {
        change(newer, lang);
    }
}

/// The base by its name, and how sure it is.
fn name(lineage: &Lineage, lang: Lang) -> String {
    let base = match &lineage.base.name {
        Some(name) => {
            let name = out::visible(name);
            say!(lang, en "the base image {name}", fr "l’image de base {name}", de "dem Basis-Image {name}")
        }
        None => say!(lang, en "the base image", fr "l’image de base", de "dem Basis-Image"),
    };
    match lineage.base.told_by {
        Some(ToldBy::History) => {
            let guess =
                say!(lang, en "guessed from its history", fr "deviné d’après son historique", de "aus der Historie geraten");
            format!("{base} ({guess})")
        }
        _ => base,
    }
}

fn change(newer: &Newer, lang: Lang) {
    let name = out::visible(&newer.name);
    let Some(change) = &newer.change else {
        out::say(&say!(lang,
            en "Newer base {name}: what it would change is not known; scan it, or name it with --base-candidate",
            fr "Base plus récente {name} : ce qu’elle changerait n’est pas connu ; examinez-la, ou indiquez-la avec --base-candidate",
            de "Neuere Basis {name}: Was sie ändern würde, ist nicht bekannt; untersuchen Sie sie, oder nennen Sie sie mit --base-candidate"));
        return;
    };
    let (removed, all, brought) = (change.removes.len(), change.of, change.brings.len());
    let step = step(newer.step, lang);
    out::say(&say!(lang,
        en "Base {name} ({step}) removes {removed} of the base’s {all} vulnerabilities and brings {brought}",
        fr "La base {name} ({step}) supprime {removed} des {all} vulnérabilités de la base et en apporte {brought}",
        de "Die Basis {name} ({step}) entfernt {removed} der {all} Schwachstellen der Basis und bringt {brought} mit"));
    for (sign, list) in [('-', &change.removes), ('+', &change.brings)] {
        let named: Vec<&str> = list.iter().take(NAMED).map(|it| it.id.as_str()).collect();
        let more = list.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" +{more}") } else { String::new() };
        if !named.is_empty() {
            out::say(&format!("  {sign} {}{more}", out::visible(&named.join(", "))));
        }
    }
}

fn step(word: &str, lang: Lang) -> String {
    match word {
        "rebuild" => say!(lang, en "same tag, made again", fr "même tag, reconstruite", de "gleiches Tag, neu gebaut"),
        "minor" => say!(lang, en "newer version", fr "version plus récente", de "neuere Version"),
        "major" => say!(lang, en "new major version", fr "nouvelle version majeure", de "neue Hauptversion"),
        _ => say!(lang, en "as given", fr "indiquée", de "angegeben"),
    }
}
