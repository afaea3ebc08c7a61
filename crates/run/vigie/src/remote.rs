//! A platform on another machine, or on this one by its address: `--to`.
//!
//! The token comes from a file or the environment, never from an argument, which every user of the machine can read.
//! It is sent over TLS to a server whose certificate is trusted, or over plain HTTP to this machine itself; anything
//! else a person must ask for in so many words.

use crate::args::ToArgs;
use crate::out;
use serde_json::Value;
use std::io::Read;
use std::net::IpAddr;
use vigie_kit::files;
use vigie_kit::http::{Answer, Client, HttpError};
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_kit::retry::Retry;
use vigie_model::lang::{Lang, Text};
use vigie_model::{say, text};

/// The variable that holds the token.
const TOKEN: &str = "VIGIE_TOKEN";
/// The largest file that may hold one.
const TOKEN_BYTES_MAX: u64 = 4096;
/// The largest answer that is read.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// A platform at an address.
pub(crate) struct Remote {
    base: String,
    token: String,
    client: Client,
    lang: Lang,
}

impl Remote {
    /// The platform that the arguments name; none when they name none.
    pub(crate) fn of(args: &ToArgs, lang: Lang) -> Result<Option<Self>, Problem> {
        let Some(url) = &args.to else { return Ok(None) };
        let base = checked(url, args.allow_http, lang)?;
        let token = token(args)?;
        let client = match &args.ca {
            Some(path) => Client::with_authority(path, Retry::default()).map_err(Explain::explain)?,
            None => Client::default(),
        };
        Ok(Some(Self { base, token, client, lang }))
    }

    /// Its address.
    pub(crate) fn address(&self) -> &str {
        &self.base
    }

    /// Sends JSON that was packed with gzip.
    pub(crate) fn post_packed(&self, path: &str, body: &[u8]) -> Result<Value, Problem> {
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
            ("accept-language", self.lang.code()),
        ];
        let answer = self.client.post(&format!("{}/api/v1{path}", self.base), &headers, body);
        let answer = answer.map_err(|error| unanswered(&self.base, error))?;
        let status = answer.status();
        let location = answer.header("location").map(str::to_owned);
        let body = read(answer).map_err(|error| no_platform(&self.base).because(error))?;
        match status {
            200 => serde_json::from_slice(&body).map_err(|error| no_platform(&self.base).because(error)),
            status => Err(refused(&self.base, status, &body, location)),
        }
    }
}

fn read(answer: Answer) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    answer.into_body().take(ANSWER_BYTES_MAX).read_to_end(&mut body)?;
    Ok(body)
}

/// The address without a slash at its end.
fn checked(url: &str, allow_http: bool, lang: Lang) -> Result<String, Problem> {
    let url = url.trim_end_matches('/');
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split('/').next().unwrap_or_default();
    let known = matches!(scheme, "https" | "http") && !authority.is_empty();
    if !known || url.contains(['?', '#', '@']) || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(no_address(url));
    }
    if scheme == "http" && !is_this_machine(authority) {
        if !allow_http {
            return Err(in_the_clear(url));
        }
        out::say(&say!(lang,
            en "warning: token and scan go to {url} unencrypted",
            fr "attention : le jeton et l’examen partent vers {url} en clair",
            de "Warnung: Token und Untersuchung gehen unverschlüsselt an {url}"));
    }
    Ok(url.to_owned())
}

fn is_this_machine(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn token(args: &ToArgs) -> Result<String, Problem> {
    let token = match &args.token_file {
        Some(path) => files::read_text_bounded(path, TOKEN_BYTES_MAX).map_err(Explain::explain)?,
        None => std::env::var(TOKEN).unwrap_or_default(),
    };
    let token = token.trim();
    // A header must not smuggle in another one.
    if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(no_token());
    }
    Ok(token.to_owned())
}

fn no_address(url: &str) -> Problem {
    Problem::new(
        Kind::User,
        text!(
            en "{url} is not the address of a platform",
            fr "{url} n’est pas l’adresse d’une plateforme",
            de "{url} ist keine Adresse einer Plattform",
        ),
    )
    .hint(text!(
        en "write it like https://vigie.example.org:8443",
        fr "écrivez-la comme https://vigie.example.org:8443",
        de "schreiben Sie sie wie https://vigie.example.org:8443",
    ))
}

fn in_the_clear(url: &str) -> Problem {
    Problem::new(
        Kind::User,
        text!(
            en "The token would go to {url} unencrypted, for everybody on the way to read",
            fr "Le jeton partirait en clair vers {url}, lisible par quiconque se trouve sur le chemin",
            de "Das Token ginge unverschlüsselt an {url}, für alle auf dem Weg lesbar",
        ),
    )
    .hint(text!(
        en "use https://, with --ca FILE where the certificate is the platform's own; if you mean it, --allow-http",
        fr "utilisez https://, avec --ca FICHIER si le certificat est celui de la plateforme ; si c’est voulu, --allow-http",
        de "nehmen Sie https://, mit --ca DATEI, wenn das Zertifikat das eigene der Plattform ist; wenn Sie es so wollen, --allow-http",
    ))
}

fn no_token() -> Problem {
    Problem::new(
        Kind::User,
        text!(
            en "There is no token to send the scan with",
            fr "Il n’y a pas de jeton pour envoyer l’examen",
            de "Es gibt kein Token, um die Untersuchung zu senden",
        ),
    )
    .hint(text!(
        en "name a file that holds one with --token-file, or set {TOKEN}; `vigie token create NAME` makes one where the platform runs",
        fr "indiquez un fichier qui en contient un avec --token-file, ou définissez {TOKEN} ; `vigie token create NOM` en crée un là où tourne la plateforme",
        de "nennen Sie mit --token-file eine Datei mit einem, oder setzen Sie {TOKEN}; `vigie token create NAME` legt dort eines an, wo die Plattform läuft",
    ))
}

fn unanswered(base: &str, error: HttpError) -> Problem {
    let problem = match &error {
        HttpError::Unreachable { source, .. } => Problem::new(
            Kind::Environment,
            text!(
                en "{base} does not answer ({source}); the scan is recorded nowhere",
                fr "{base} ne répond pas ({source}) ; l’examen n’est enregistré nulle part",
                de "{base} antwortet nicht ({source}); die Untersuchung ist nirgends verzeichnet",
            ),
        )
        .hint(text!(
            en "is the platform up, and does it listen for other machines (`vigie up --listen 0.0.0.0:8443`)? Check address, firewall and HTTPS_PROXY",
            fr "la plateforme est-elle en marche et écoute-t-elle pour d’autres machines (`vigie up --listen 0.0.0.0:8443`) ? Vérifiez l’adresse, le pare-feu et HTTPS_PROXY",
            de "läuft die Plattform, und lauscht sie für andere Rechner (`vigie up --listen 0.0.0.0:8443`)? Prüfen Sie Adresse, Firewall und HTTPS_PROXY",
        )),
        HttpError::Untrusted { source, .. } => Problem::new(
            Kind::Environment,
            text!(
                en "The certificate of {base} is not trusted ({source})",
                fr "Le certificat de {base} n’est pas reconnu ({source})",
                de "Dem Zertifikat von {base} wird nicht vertraut ({source})",
            ),
        )
        .hint(text!(
            en "name the certificate authority with --ca FILE; a platform that made its own certificate keeps it in tls/certificate.pem of its data folder",
            fr "indiquez l’autorité de certification avec --ca FICHIER ; une plateforme qui a créé son certificat le garde dans tls/certificate.pem de son répertoire de données",
            de "nennen Sie die Zertifizierungsstelle mit --ca DATEI; eine Plattform mit eigenem Zertifikat hat es in tls/certificate.pem ihres Datenordners",
        )),
        _ => return error.explain(),
    };
    problem.because(error)
}

/// What a platform, or whatever stands in front of it, said instead of taking the scan.
fn refused(base: &str, status: u16, body: &[u8], location: Option<String>) -> Problem {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let word = |name: &str| body["error"][name].as_str().map(Text::same);
    if let Some(said) = word("said") {
        // In the caller's language already.
        let said =
            Text { en: format!("{base}: {}", said.en), fr: format!("{base} : {}", said.fr), de: format!("{base}: {}", said.de) };
        let problem = Problem::new(Kind::User, said);
        return match word("hint").or_else(|| hint_of(status)) {
            Some(hint) => problem.hint(hint),
            None => problem,
        };
    }
    match (status, location) {
        (300..=399, Some(to)) => Problem::new(
            Kind::User,
            text!(
                en "{base} answers that it is at {to}",
                fr "{base} répond qu’il se trouve à {to}",
                de "{base} antwortet, es sei unter {to} zu finden",
            ),
        )
        .hint(text!(
            en "a token is not sent on to where a server points: name that address yourself",
            fr "un jeton n’est pas transmis là où un serveur renvoie : indiquez vous-même cette adresse",
            de "ein Token wird nicht dorthin weitergegeben, wohin ein Server verweist: nennen Sie jene Adresse selbst",
        )),
        _ => {
            let problem = Problem::new(
                Kind::Environment,
                text!(
                    en "{base} did not take the scan (status {status})",
                    fr "{base} n’a pas repris l’examen (statut {status})",
                    de "{base} hat die Untersuchung nicht übernommen (Status {status})",
                ),
            );
            problem.hint(hint_of(status).unwrap_or_else(not_a_platform))
        }
    }
}

fn hint_of(status: u16) -> Option<Text> {
    Some(match status {
        401 | 403 => text!(
            en "make a token where the platform runs: `vigie token create NAME`",
            fr "créez un jeton là où tourne la plateforme : `vigie token create NOM`",
            de "legen Sie dort, wo die Plattform läuft, ein Token an: `vigie token create NAME`",
        ),
        413 => text!(
            en "a proxy on the way may allow less than the platform; else scan in parts, or with fewer --scanners",
            fr "un proxy intermédiaire autorise peut-être moins que la plateforme ; sinon, examinez par parties ou avec moins de --scanners",
            de "ein Proxy dazwischen erlaubt vielleicht weniger als die Plattform; sonst in Teilen oder mit weniger --scanners untersuchen",
        ),
        _ => return None,
    })
}

fn no_platform(base: &str) -> Problem {
    Problem::new(
        Kind::Environment,
        text!(
            en "{base} answers, but not as a platform does",
            fr "{base} répond, mais pas comme une plateforme",
            de "{base} antwortet, aber nicht wie eine Plattform",
        ),
    )
    .hint(not_a_platform())
}

fn not_a_platform() -> Text {
    text!(
        en "is it a Vigie platform of this version or a later one? Check the address",
        fr "est-ce une plateforme Vigie de cette version ou plus récente ? Vérifiez l’adresse",
        de "ist es eine Vigie-Plattform dieser oder einer neueren Version? Prüfen Sie die Adresse",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_out_encrypted_unless_somebody_says_otherwise() {
        let checked = |url: &str, allow| checked(url, allow, Lang::En).map_err(|problem| problem.said.en);
        for url in
            ["https://vigie.example.org:8443", "https://a/prefix", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost"]
        {
            assert_eq!(checked(url, false).as_deref(), Ok(url));
        }
        assert_eq!(checked("https://a:1/", false).as_deref(), Ok("https://a:1"));
        assert!(checked("http://vigie.example.org", false).unwrap_err().contains("unencrypted"));
        assert!(checked("http://127.0.0.1.example.org", false).is_err());
        assert!(checked("http://vigie.example.org", true).is_ok());
        for url in ["", "vigie.example.org", "ftp://a", "https://", "https://u:p@a", "https://a?b", "https://a b", "https://a\n"]
        {
            assert!(checked(url, true).is_err(), "{url}");
        }
    }
}
