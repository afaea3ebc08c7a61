//! Why an image cannot be opened, as a person is told.

use crate::layer::NoScratch;
use std::io;
use std::path::PathBuf;
use vigie_kit::http::HttpError;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::image::Platform;
use vigie_model::text;

/// Why an image cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// What was given is neither a file nor the name of an image.
    #[error("`{reference}` is neither a file nor the name of an image")]
    BadReference {
        /// As given.
        reference: String,
    },
    /// The file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is a file or folder of another kind.
    #[error("{} is no image: {why}", path.display())]
    NotAnImage {
        /// Which.
        path: PathBuf,
        /// What is missing or wrong.
        why: String,
    },
    /// The archive holds several images, or none of the wanted name.
    #[error("{} holds {} images, and which is wanted is not clear", path.display(), names.len())]
    WhichImage {
        /// The archive.
        path: PathBuf,
        /// Names of the images in it.
        names: Vec<String>,
    },
    /// There is no image for the wanted platform.
    #[error("no image of {reference} is for the wanted platform")]
    NoPlatform {
        /// The image.
        reference: String,
        /// What was wanted; none when nothing was and this machine's is not there.
        wanted: Option<Platform>,
        /// What is there.
        there: Vec<Platform>,
    },
    /// A manifest or configuration cannot be understood or is not what its digest says.
    #[error("the {what} of {reference} cannot be used: {why}")]
    Damaged {
        /// The image.
        reference: String,
        /// `manifest`, `configuration`, `index`.
        what: &'static str,
        /// What is wrong.
        why: String,
    },
    /// No store of this machine has it.
    #[error("{reference} is in no store of this machine")]
    NotHere {
        /// The image.
        reference: String,
        /// Where was looked.
        looked: Vec<String>,
    },
    /// The registry does not have it, or not for this user.
    #[error("{registry} has no {reference}, or not for this user")]
    NotInRegistry {
        /// The registry.
        registry: String,
        /// The image.
        reference: String,
        /// The status of the answer.
        status: u16,
    },
    /// The registry asks for a sign-in that is not there or wrong.
    #[error("{registry} does not accept the credentials for {reference}")]
    SignIn {
        /// The registry.
        registry: String,
        /// The image.
        reference: String,
        /// Whether there were any.
        tried: bool,
    },
    /// The registry speaks plain HTTP, which was not allowed.
    #[error("{registry} is not on this machine, and plain http was not allowed")]
    PlainHttp {
        /// The registry.
        registry: String,
    },
    /// The registry cannot be reached.
    #[error("{registry} cannot be asked")]
    Registry {
        /// The registry.
        registry: String,
        /// Why.
        source: Box<HttpError>,
    },
    /// There is no place for temporary files.
    #[error(transparent)]
    Scratch(#[from] NoScratch),
}

fn listed<T: std::fmt::Display>(items: &[T]) -> String {
    const SHOWN: usize = 12;
    let mut list: Vec<String> = items.iter().take(SHOWN).map(ToString::to_string).collect();
    if items.len() > SHOWN {
        list.push("…".to_owned());
    }
    list.join(", ")
}

impl Explain for ImageError {
    #[expect(clippy::too_many_lines, reason = "one sentence in three languages for each way to fail; nothing to untangle")]
    fn explain(self) -> Problem {
        match &self {
            Self::BadReference { reference } => Problem::new(
                Kind::User,
                text!(
                    en "`{reference}` is neither a file nor the name of an image",
                    fr "« {reference} » n'est ni un fichier ni le nom d'une image",
                    de "„{reference}“ ist weder eine Datei noch der Name eines Images"
                ),
            )
            .hint(text!(
                en "give a name such as docker.io/library/nginx:1.29, or the path of an archive or of an OCI layout",
                fr "indiquez un nom comme docker.io/library/nginx:1.29, ou le chemin d'une archive ou d'un dossier OCI",
                de "geben Sie einen Namen wie docker.io/library/nginx:1.29 an oder den Pfad eines Archivs oder OCI-Ordners"
            )),
            Self::Unreadable { path, source } => {
                let path = path.display();
                Problem::new(
                    Kind::Environment,
                    text!(
                        en "{path} could not be read ({source})",
                        fr "impossible de lire {path} ({source})",
                        de "{path} konnte nicht gelesen werden ({source})"
                    ),
                )
                .hint(text!(
                    en "check the path and whether you may read it",
                    fr "vérifiez le chemin et vos droits de lecture",
                    de "prüfen Sie den Pfad und ob Sie ihn lesen dürfen"
                ))
            }
            Self::NotAnImage { path, why } => {
                let path = path.display();
                Problem::new(
                    Kind::User,
                    text!(
                        en "{path} is not an image ({why})",
                        fr "{path} n'est pas une image ({why})",
                        de "{path} ist kein Image ({why})"
                    ),
                )
                .hint(text!(
                    en "archives of `docker save`, OCI archives and OCI layouts are read; for any other folder use `vigie scan fs`",
                    fr "sont lus : les archives de `docker save`, les archives OCI et les dossiers OCI ; pour un autre dossier, utilisez `vigie scan fs`",
                    de "gelesen werden Archive von `docker save`, OCI-Archive und OCI-Ordner; für andere Ordner gibt es `vigie scan fs`"
                ))
            }
            Self::WhichImage { path, names } => {
                let (path, names) = (path.display(), listed(names));
                Problem::new(
                    Kind::User,
                    text!(
                        en "{path} holds several images, and which one is meant is not clear",
                        fr "{path} contient plusieurs images et rien ne dit laquelle choisir",
                        de "{path} enthält mehrere Images, und welches gemeint ist, ist nicht klar"
                    ),
                )
                .hint(text!(
                    en "add one of their names behind `#`: {names}",
                    fr "ajoutez l'un de leurs noms après « # » : {names}",
                    de "fügen Sie einen ihrer Namen hinter „#“ an: {names}"
                ))
            }
            Self::NoPlatform { reference, wanted, there } => {
                let there = listed(there);
                let wanted = wanted.as_ref().map_or_else(String::new, |wanted| format!(" ({wanted})"));
                Problem::new(
                    Kind::User,
                    text!(
                        en "{reference} has no image for this platform{wanted}",
                        fr "{reference} n'a pas d'image pour cette plateforme{wanted}",
                        de "{reference} hat kein Image für diese Plattform{wanted}"
                    ),
                )
                .hint(text!(
                    en "choose one with --platform: {there}",
                    fr "choisissez-en une avec --platform : {there}",
                    de "wählen Sie eine mit --platform: {there}"
                ))
            }
            Self::Damaged { reference, what, why } => Problem::new(
                Kind::Environment,
                text!(
                    en "the {what} of {reference} cannot be used ({why})",
                    fr "un élément de {reference} est inutilisable : {what} ({why})",
                    de "ein Teil von {reference} ist unbrauchbar: {what} ({why})"
                ),
            )
            .hint(text!(
                en "fetch or save the image again; if it stays so, its source is not to be trusted",
                fr "récupérez ou enregistrez de nouveau l'image ; si cela persiste, sa source n'est pas digne de confiance",
                de "holen oder speichern Sie das Image noch einmal; bleibt es so, ist seiner Quelle nicht zu trauen"
            )),
            Self::NotHere { reference, looked } => {
                let looked = listed(looked);
                Problem::new(
                    Kind::User,
                    text!(
                        en "{reference} is in no store of this machine",
                        fr "{reference} n'est dans aucun magasin d'images de cette machine",
                        de "{reference} liegt in keinem Image-Speicher dieses Rechners"
                    ),
                )
                .hint(text!(
                    en "looked in: {looked}; stores of other users need root",
                    fr "recherché dans : {looked} ; les magasins d'autres utilisateurs demandent root",
                    de "gesucht wurde in: {looked}; Speicher anderer Benutzer brauchen root"
                ))
            }
            Self::NotInRegistry { registry, reference, status } => Problem::new(
                Kind::User,
                text!(
                    en "{registry} has no {reference}, or not for you (status {status})",
                    fr "{registry} n'a pas {reference}, ou pas pour vous (statut {status})",
                    de "{registry} hat {reference} nicht, oder nicht für Sie (Status {status})"
                ),
            )
            .hint(text!(
                en "check the name and the tag; sign in with `docker login {registry}` where the repository is private",
                fr "vérifiez le nom et l'étiquette ; connectez-vous avec `docker login {registry}` si le dépôt est privé",
                de "prüfen Sie Namen und Tag; melden Sie sich mit `docker login {registry}` an, wenn das Repository privat ist"
            )),
            Self::SignIn { registry, reference, tried } => Problem::new(
                Kind::Settings,
                if *tried {
                    text!(
                        en "{registry} refuses the stored credentials for {reference}",
                        fr "{registry} refuse les identifiants enregistrés pour {reference}",
                        de "{registry} lehnt die gespeicherten Zugangsdaten für {reference} ab"
                    )
                } else {
                    text!(
                        en "{registry} asks for a sign-in to read {reference}",
                        fr "{registry} demande une connexion pour lire {reference}",
                        de "{registry} verlangt eine Anmeldung, um {reference} zu lesen"
                    )
                },
            )
            .hint(text!(
                en "sign in with `docker login {registry}` or `podman login {registry}`; credential helpers are asked, too",
                fr "connectez-vous avec `docker login {registry}` ou `podman login {registry}` ; les assistants d'identification sont aussi consultés",
                de "melden Sie sich mit `docker login {registry}` oder `podman login {registry}` an; auch Credential-Helper werden gefragt"
            )),
            Self::PlainHttp { registry } => Problem::new(
                Kind::User,
                text!(
                    en "{registry} is on another machine, and plain http is not allowed there",
                    fr "{registry} est sur une autre machine, où http sans chiffrement n'est pas autorisé",
                    de "{registry} ist ein anderer Rechner, und unverschlüsseltes http ist dort nicht erlaubt"
                ),
            )
            .hint(text!(
                en "use https, or allow it with --plain-http",
                fr "utilisez https, ou autorisez-le avec --plain-http",
                de "nehmen Sie https oder erlauben Sie es mit --plain-http"
            )),
            Self::Registry { registry, source } => Problem::new(
                Kind::Environment,
                text!(
                    en "{registry} cannot be asked ({source})",
                    fr "impossible d'interroger {registry} ({source})",
                    de "{registry} kann nicht gefragt werden ({source})"
                ),
            )
            .hint(text!(
                en "check the name, the network and the HTTPS_PROXY variable",
                fr "vérifiez le nom, le réseau et la variable HTTPS_PROXY",
                de "prüfen Sie den Namen, das Netz und die Variable HTTPS_PROXY"
            )),
            Self::Scratch(none) => none.problem(),
        }
        .because(self)
    }
}
