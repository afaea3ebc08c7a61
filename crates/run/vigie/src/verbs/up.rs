//! `vigie up`: the platform on this machine, until Ctrl-C.

use crate::args::UpArgs;
use crate::ask::{data_path, runtime};
use crate::{Ended, config, out};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use vigie_kit::clock::SystemClock;
use vigie_kit::data_dir::DataDir;
use vigie_kit::files;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::lang::Lang;
use vigie_model::{say, text};
use vigie_server::advisories::Origin;
use vigie_server::{Opening, Platform, Running, Settings};

/// Bytes of a file with a key.
const KEY_BYTES_MAX: u64 = 4096;

/// The word that stands for no feeds.
const NO_FEEDS: &str = "none";

/// Starts the platform and waits.
pub(crate) fn run(args: &UpArgs, data: Option<&Path>, lang: Lang) -> Result<Ended, Problem> {
    let path = data_path(data)?;
    let dir = DataDir::open(&path).map_err(Explain::explain)?;
    let inputs = args.inputs.resolve(&|name| std::env::var(name).ok())?;
    let settings = Settings {
        listen: args.listen,
        intake: args.intake,
        syslog: (!args.no_syslog).then_some(args.syslog),
        syslog_tls: args.syslog_tls.map(|address| (address, args.syslog_tls_client_ca.clone())),
        gelf: args.gelf,
        netflow: args.netflow,
        forward: forward(args)?,
        follow: args.follow.clone(),
        local_logs: !args.no_local_logs,
        tenants: args.tenant.iter().cloned().collect(),
        inputs,
    };
    let feeds = (args.feeds != NO_FEEDS).then(|| Origin::of(&args.feeds));
    let opening = Opening { feeds, ..config::opening(args) };
    runtime()?.block_on(async {
        let platform = Arc::new(Platform::open(dir, Arc::new(SystemClock), opening)?);
        let running = Running::start(platform, settings).await?;
        greet(&running, &path, lang);
        for problem in running.troubles() {
            out::say(&format!("\nwarning: {}", problem.told(lang)));
        }
        until_told_to_stop().await?;
        out::say(&say!(lang, en "Stopping…", fr "Arrêt en cours…", de "Wird beendet …"));
        running.stop().await;
        Ok(Ended::Clean)
    })
}

/// The address of the forward protocol, with its key.
fn forward(args: &UpArgs) -> Result<Option<(SocketAddr, Option<String>)>, Problem> {
    let (address, path) = match (args.forward, &args.forward_key_file) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(key_for_nothing()),
        (Some(address), None) => return Ok(Some((address, None))),
        (Some(address), Some(path)) => (address, path),
    };
    let bytes = files::read_bounded(path, KEY_BYTES_MAX).map_err(Explain::explain)?;
    let key = String::from_utf8_lossy(&bytes).trim().to_owned();
    if key.is_empty() {
        let path = path.display();
        return Err(Problem::new(
            Kind::Settings,
            text!(
                en "There is no key in {path}",
                fr "Il n’y a pas de clé dans {path}",
                de "In {path} steht kein Schlüssel",
            ),
        ));
    }
    Ok(Some((address, Some(key))))
}

/// A key is given, and nothing is received with it.
fn key_for_nothing() -> Problem {
    let said = text!(
        en "There is a key for Fluentd and Fluent Bit, but no address on which they are received",
        fr "Il y a une clé pour Fluentd et Fluent Bit, mais aucune adresse où ils sont reçus",
        de "Es gibt einen Schlüssel für Fluentd und Fluent Bit, aber keine Adresse, an der sie empfangen werden",
    );
    Problem::new(Kind::Settings, said).hint(text!(
        en "give the address with --forward, or as `forward` below [listen] in vigie.toml",
        fr "donnez l’adresse avec --forward, ou comme `forward` sous [listen] dans vigie.toml",
        de "geben Sie die Adresse mit --forward an, oder als `forward` unter [listen] in vigie.toml",
    ))
}

fn greet(running: &Running, data: &Path, lang: Lang) {
    let (data, address) = (data.display(), running.address());
    match running.set_up_link() {
        Some(link) => out::say(&say!(lang,
            en "Vigie is up. Open this once to choose your passphrase:\n\n    {link}\n",
            fr "Vigie est en marche. Ouvrez ceci une fois pour choisir votre phrase de passe :\n\n    {link}\n",
            de "Vigie läuft. Öffnen Sie dies einmal, um Ihre Passphrase zu wählen:\n\n    {link}\n")),
        None => out::say(&say!(lang,
            en "Vigie is up:\n\n    https://{address}\n",
            fr "Vigie est en marche :\n\n    https://{address}\n",
            de "Vigie läuft:\n\n    https://{address}\n")),
    }
    if let Some(intake) = running.intake_address() {
        out::say(&format!("    intake: http://{intake}\n"));
    }
    let addresses = running.addresses();
    let others = [
        ("syslog", addresses.syslog),
        ("syslog/tls", addresses.syslog_tls),
        ("gelf", addresses.gelf),
        ("netflow", addresses.netflow),
        ("forward", addresses.forward),
    ];
    for (name, address) in others {
        if let Some(address) = address {
            out::say(&format!("    {name}: {address}\n"));
        }
    }
    out::say(&say!(lang,
        en "Its certificate is its own, so the browser asks once. Data is in {data}. Ctrl-C stops it.",
        fr "Le certificat est le sien, le navigateur demandera donc une fois. Données dans {data}. Ctrl-C l’arrête.",
        de "Das Zertifikat ist das eigene, der Browser fragt daher einmal nach. Daten liegen in {data}. Strg-C beendet."));
}

/// Returns at Ctrl-C, or when the service manager says so.
async fn until_told_to_stop() -> Result<(), Problem> {
    let failed = |error: std::io::Error| {
        Problem::new(
            Kind::Environment,
            text!(
                en "The system does not let us listen for signals",
                fr "Le système ne nous laisse pas recevoir de signaux",
                de "Das System lässt uns keine Signale empfangen",
            ),
        )
        .because(error)
    };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
