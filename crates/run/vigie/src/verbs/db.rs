//! `vigie db import|update|status|export|key`: vulnerability data. Works beside a running platform, which takes
//! up the new file within seconds.

use crate::args::{DbExportArgs, DbImportArgs, DbKeyArgs, DbStatusArgs, DbUpdateArgs, DbVerb, Format};
use crate::ask::data_path;
use crate::{Ended, out, table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::ops::ControlFlow;
use std::path::Path;
use vigie_kit::clock::SystemClock;
use vigie_kit::problem::{Kind, Problem};
use vigie_model::lang::Lang;
use vigie_model::{say, text};
use vigie_server::advisories::{self, AdvisoryFile, Built, Origin, Step};
use vigie_server::rest::make_data_dir;

/// Does one of the verbs.
pub(crate) fn run(verb: DbVerb, data: Option<&Path>, lang: Lang) -> Result<Ended, Problem> {
    let path = data_path(data)?;
    let file = AdvisoryFile::at(path.join("advisories"));
    match verb {
        DbVerb::Import(args) => {
            // Vulnerability data may come before the first start.
            make_data_dir(&path)?;
            import(&file, &args, lang)
        }
        DbVerb::Update(args) => {
            // Vulnerability data may come before the first start.
            make_data_dir(&path)?;
            update(&file, &args, lang)
        }
        DbVerb::Status(args) => status(&file, &args, lang),
        DbVerb::Export(args) => export(&file, &args, lang),
        DbVerb::Key(args) => key(&args, lang),
    }
}

fn import(file: &AdvisoryFile, args: &DbImportArgs, lang: Lang) -> Result<Ended, Problem> {
    match args.paths.as_slice() {
        [bundle] if advisories::is_bundle(bundle) => return import_bundle(file, bundle, &args.trust, lang),
        paths => {
            if let Some(bundle) = paths.iter().find(|path| advisories::is_bundle(path)) {
                return Err(not_alone(bundle));
            }
        }
    }
    let bar = Bar::new();
    let built = advisories::import(file, &SystemClock, &args.paths, &mut |step| bar.show(step, lang))?;
    bar.clear();
    tell(&built, lang);
    Ok(Ended::Clean)
}

/// A bundle is the data, whole.
fn import_bundle(file: &AdvisoryFile, bundle: &Path, trust: &[String], lang: Lang) -> Result<Ended, Problem> {
    let trusted = trust.iter().map(|written| advisories::read_public_key(written)).collect::<Result<Vec<_>, _>>()?;
    let manifest = advisories::import_bundle(file, bundle, &trusted)?;
    let (made_at, feeds) = (manifest.made_at, manifest.feeds.len());
    out::say(&say!(lang,
        en "taken up: made {made_at} from {feeds} feeds",
        fr "repris : créé {made_at} à partir de {feeds} flux",
        de "übernommen: erstellt {made_at} aus {feeds} Datenquellen"));
    Ok(Ended::Clean)
}

fn not_alone(bundle: &Path) -> Problem {
    let shown = bundle.display();
    Problem::new(
        Kind::User,
        text!(
            en "{shown} is a bundle, which cannot be mixed with other files",
            fr "{shown} est un paquet, qui ne se mélange pas à d’autres fichiers",
            de "{shown} ist ein Bündel, das sich nicht mit anderen Dateien mischen lässt"
        ),
    )
    .hint(text!(
        en "import the bundle alone: it is the data, whole",
        fr "importez le paquet seul : il contient toutes les données",
        de "importieren Sie das Bündel allein: Es enthält alle Daten"
    ))
}

fn export(file: &AdvisoryFile, args: &DbExportArgs, lang: Lang) -> Result<Ended, Problem> {
    let key = advisories::read_key(&args.key)?;
    let manifest = advisories::export(file, &args.file, &key, &SystemClock)?;
    let (shown, key) = (args.file.display(), &manifest.key);
    out::say(&say!(lang,
        en "{shown} is written; where it is used: vigie db import {shown} --trust {key}",
        fr "{shown} est écrit ; là où il servira : vigie db import {shown} --trust {key}",
        de "{shown} ist geschrieben; dort, wo es gebraucht wird: vigie db import {shown} --trust {key}"));
    Ok(Ended::Clean)
}

fn key(args: &DbKeyArgs, lang: Lang) -> Result<Ended, Problem> {
    let public = advisories::make_key(&args.file)?;
    let shown = args.file.display();
    out::say(&say!(lang,
        en "{shown} is written: keep it from others. Bundles signed with it are checked with:",
        fr "{shown} est écrit : ne le montrez à personne. Les paquets qu’il signe se vérifient avec :",
        de "{shown} ist geschrieben: Halten Sie die Datei geheim. Damit signierte Bündel werden geprüft mit:"));
    out::line(&public.to_string())?;
    Ok(Ended::Clean)
}

fn update(file: &AdvisoryFile, args: &DbUpdateArgs, lang: Lang) -> Result<Ended, Problem> {
    let ecosystems = if args.ecosystem.is_empty() { advisories::own_ecosystems() } else { args.ecosystem.clone() };
    let bar = Bar::new();
    let origin = Origin::of(&args.from);
    let (built, missed) = advisories::update(file, &SystemClock, &origin, &ecosystems, &mut |step| {
        bar.show(step, lang);
        ControlFlow::Continue(())
    })?;
    bar.clear();
    for problem in &missed {
        out::say(&say!(lang, en "warning: not renewed:", fr "attention : non renouvelé :", de "Warnung: nicht erneuert:"));
        out::say(&problem.told(lang));
    }
    match built {
        Some(built) => tell(&built, lang),
        None if missed.is_empty() => out::say(&say!(lang,
            en "Everything is up to date.",
            fr "Tout est à jour.",
            de "Alles ist aktuell.")),
        None if missed.len() >= ecosystems.len() + COMMON_FEEDS => return Err(nothing_renewed()),
        None => {}
    }
    Ok(Ended::Clean)
}

/// Feeds fetched whatever the ecosystems: KEV and EPSS.
const COMMON_FEEDS: usize = 2;

fn nothing_renewed() -> Problem {
    Problem::new(
        Kind::Environment,
        text!(
            en "nothing could be renewed; the data of before goes on being used",
            fr "rien n’a pu être renouvelé ; les données d’avant restent en usage",
            de "nichts konnte erneuert werden; die bisherigen Daten bleiben in Gebrauch",
        ),
    )
    .hint(text!(
        en "the reasons stand above; `vigie db import PATH` reads the same feeds from a folder",
        fr "les raisons figurent ci-dessus ; `vigie db import CHEMIN` lit les mêmes flux depuis un répertoire",
        de "die Gründe stehen oben; `vigie db import PFAD` liest dieselben Datenquellen aus einem Ordner",
    ))
}

fn tell(built: &Built, lang: Lang) {
    for source in built.left_out.sources.iter().chain(&built.report.sources) {
        for problem in source.problems.iter().take(3) {
            out::say(&say!(lang, en "warning:", fr "attention :", de "Warnung:"));
            out::say(&format!("  {}", out::visible(problem.said().get(lang))));
        }
    }
    let report = &built.report;
    let (vulnerabilities, packages) = (report.vulnerabilities, report.packages);
    let megabytes = report.bytes / 100_000;
    let (whole, tenth) = (megabytes / 10, megabytes % 10);
    out::say(&say!(lang,
        en "{vulnerabilities} vulnerabilities of {packages} packages in {whole}.{tenth} MB",
        fr "{vulnerabilities} vulnérabilités de {packages} paquets dans {whole},{tenth} Mo",
        de "{vulnerabilities} Schwachstellen in {packages} Paketen, {whole},{tenth} MB"));
}

fn status(file: &AdvisoryFile, args: &DbStatusArgs, lang: Lang) -> Result<Ended, Problem> {
    file.take_up()?;
    let current = file.current();
    let status = current.as_ref().map(|data| data.status());
    if args.format == Format::Json {
        out::json(&json!({ "schema": "vigie.db/1", "status": status, "bundle": advisories::origin(file) }))?;
        return Ok(Ended::Clean);
    }
    let Some(status) = status else {
        out::line(&say!(lang,
            en "There is no vulnerability data yet: run `vigie db update` or `vigie db import PATH`",
            fr "Aucune donnée de vulnérabilités pour l’instant : lancez `vigie db update` ou `vigie db import CHEMIN`",
            de "Noch keine Schwachstellendaten: rufen Sie `vigie db update` oder `vigie db import PFAD` auf"))?;
        return Ok(Ended::Clean);
    };
    let (built_at, records, kev, epss) = (status.built_at, status.records, status.kev, status.epss);
    out::line(&say!(lang,
        en "built {built_at}: {records} vulnerabilities, {kev} known to be exploited, {epss} with EPSS",
        fr "construites {built_at} : {records} vulnérabilités, {kev} connues pour être exploitées, {epss} avec EPSS",
        de "gebaut {built_at}: {records} Schwachstellen, {kev} bekanntermaßen ausgenutzt, {epss} mit EPSS"))?;
    if let Some(manifest) = advisories::origin(file) {
        let (made_at, key) = (manifest.made_at, out::visible(&manifest.key));
        out::line(&say!(lang,
            en "from a bundle of {made_at}, signed with {key}",
            fr "d’un paquet du {made_at}, signé avec {key}",
            de "aus einem Bündel vom {made_at}, signiert mit {key}"))?;
    }
    table::write(
        ["ecosystem", "records", "newest"],
        status.ecosystems.iter().map(|ecosystem| {
            let newest = ecosystem.newest.map_or(String::new(), |time| time.to_string());
            [ecosystem.name.clone(), ecosystem.records.to_string(), newest]
        }),
    )?;
    Ok(Ended::Clean)
}

/// Progress on a terminal; silence elsewhere.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let target = if out::shows_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        // The template is ours and a test draws it; without it the bar would only look different.
        if let Ok(style) = ProgressStyle::with_template("{msg:40} {wide_bar} {pos}/{len}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    fn show(&self, step: Step<'_>, lang: Lang) {
        let (message, done, total) = match step {
            Step::Fetching { feed, done, total } => {
                (say!(lang, en "fetching {feed}", fr "téléchargement {feed}", de "hole {feed}"), done, total.unwrap_or(done))
            }
            Step::Reading { feed, done, total } => {
                (say!(lang, en "reading {feed}", fr "lecture {feed}", de "lese {feed}"), done, total)
            }
            Step::Writing => (say!(lang, en "writing", fr "écriture", de "schreibe"), 0, 0),
        };
        self.0.set_message(message);
        self.0.set_length(total);
        self.0.set_position(done);
    }

    fn clear(&self) {
        self.0.finish_and_clear();
    }
}
