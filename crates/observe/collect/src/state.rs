//! What a source is doing, in words a person can act on.

use crate::habit::Unusual;
use serde::{Serialize, Serializer};
use vigie_model::lang::Text;
use vigie_model::text;

/// What a source is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceState {
    /// It has not read anything yet.
    Starting,
    /// It reads.
    Running,
    /// It reads, and sees less than there is.
    Partial {
        /// The system's own words.
        why: String,
    },
    /// What it reads is not there yet; it looks again.
    Waiting {
        /// The path.
        path: String,
    },
    /// Another source tells the same, and nothing is read twice.
    SetAside {
        /// The other source.
        by: String,
    },
    /// This machine does not have it.
    Absent {
        /// What is missing.
        what: String,
    },
    /// The system refuses this user; it tries again.
    NotPermitted {
        /// The path.
        path: String,
    },
    /// A broker or a store of others does not answer, or refuses us; it tries again.
    Unreachable {
        /// What is asked, and where.
        what: String,
        /// In the words of the client.
        why: String,
    },
    /// It broke; it tries again.
    Failing {
        /// The system's own words.
        why: String,
    },
    /// It reads, and nothing comes, although it usually does.
    Silent {
        /// For so many minutes.
        minutes: u32,
    },
    /// It reads, and understands much less of it than before.
    Changed {
        /// Percent of the records that are understood now.
        now: u64,
        /// Percent that were before.
        before: u64,
    },
    /// It has ended.
    Stopped,
}

impl From<Unusual> for SourceState {
    fn from(unusual: Unusual) -> Self {
        match unusual {
            Unusual::Silent { minutes } => Self::Silent { minutes },
            Unusual::Changed { now, before } => Self::Changed { now, before },
        }
    }
}

impl SourceState {
    /// The word used in answers and columns.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Partial { .. } => "partial",
            Self::Waiting { .. } => "waiting",
            Self::SetAside { .. } => "set_aside",
            Self::Absent { .. } => "absent",
            Self::NotPermitted { .. } => "not_permitted",
            Self::Unreachable { .. } => "unreachable",
            Self::Failing { .. } => "failing",
            Self::Silent { .. } => "silent",
            Self::Changed { .. } => "changed",
            Self::Stopped => "stopped",
        }
    }

    /// Whether somebody should look at it.
    #[must_use]
    pub const fn is_trouble(&self) -> bool {
        matches!(
            self,
            Self::Partial { .. }
                | Self::NotPermitted { .. }
                | Self::Unreachable { .. }
                | Self::Failing { .. }
                | Self::Silent { .. }
                | Self::Changed { .. }
        )
    }

    /// The state as one sentence.
    #[must_use]
    pub fn said(&self) -> Text {
        match self {
            Self::Starting => text!(en "Starting.", fr "Démarrage.", de "Startet."),
            Self::Running => text!(en "Reading.", fr "Lecture en cours.", de "Liest."),
            Self::Partial { why } => text!(
                en "Reading, but not everything can be seen: {why}",
                fr "Lecture en cours, mais tout n'est pas visible : {why}",
                de "Liest, sieht aber nicht alles: {why}",
            ),
            Self::Waiting { path } => text!(
                en "Waiting until {path} exists.",
                fr "En attente de l'apparition de {path}.",
                de "Wartet, bis es {path} gibt.",
            ),
            Self::SetAside { by } => text!(
                en "Not read, because {by} already carries the same records.",
                fr "Non lu, car {by} fournit déjà les mêmes enregistrements.",
                de "Wird nicht gelesen, weil {by} dieselben Einträge schon liefert.",
            ),
            Self::Absent { what } => text!(
                en "This machine has no {what}.",
                fr "Cette machine n'a pas de {what}.",
                de "Auf diesem Rechner gibt es kein {what}.",
            ),
            Self::NotPermitted { path } => text!(
                en "{path} may not be read by this user.",
                fr "Cet utilisateur n'a pas le droit de lire {path}.",
                de "Dieser Benutzer darf {path} nicht lesen.",
            ),
            Self::Unreachable { what, why } => text!(
                en "{what} cannot be read, trying again: {why}",
                fr "{what} ne peut pas être lu, nouvelle tentative : {why}",
                de "{what} lässt sich nicht lesen, neuer Versuch folgt: {why}",
            ),
            Self::Failing { why } => text!(
                en "Failing, trying again: {why}",
                fr "En échec, nouvelle tentative : {why}",
                de "Fehlgeschlagen, neuer Versuch folgt: {why}",
            ),
            Self::Silent { minutes } => text!(
                en "Reading, but nothing has come for {minutes} minutes, much longer than usual.",
                fr "Lecture en cours, mais rien n’est arrivé depuis {minutes} minutes, bien plus que d’habitude.",
                de "Liest, aber seit {minutes} Minuten kommt nichts, viel länger als sonst.",
            ),
            Self::Changed { now, before } => text!(
                en "Reading, but only {now} % of the records are understood now; before it were {before} %.",
                fr "Lecture en cours, mais seuls {now} % des enregistrements sont compris maintenant, contre {before} % auparavant.",
                de "Liest, versteht aber nur noch {now} % der Einträge; vorher waren es {before} %.",
            ),
            Self::Stopped => text!(en "Stopped.", fr "Arrêté.", de "Beendet."),
        }
    }

    /// What to do about it, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<Text> {
        match self {
            Self::NotPermitted { .. } => Some(text!(
                en "Run vigie as root, or add its user to the group that owns the file (`adm` on Debian and Ubuntu).",
                fr "Lancez vigie en root, ou ajoutez son utilisateur au groupe propriétaire du fichier (`adm` sous Debian et Ubuntu).",
                de "Starten Sie vigie als root, oder nehmen Sie seinen Benutzer in die Gruppe der Datei auf (`adm` unter Debian und Ubuntu).",
            )),
            Self::Partial { .. } => Some(text!(
                en "Run vigie as root, or add its user to the group `systemd-journal`.",
                fr "Lancez vigie en root, ou ajoutez son utilisateur au groupe `systemd-journal`.",
                de "Starten Sie vigie als root, oder nehmen Sie seinen Benutzer in die Gruppe `systemd-journal` auf.",
            )),
            Self::Unreachable { .. } => Some(text!(
                en "Look whether it runs, whether this machine reaches it, and whether name, password and certificates are right.",
                fr "Vérifiez qu’il fonctionne, que cette machine l’atteint, et que le nom, le mot de passe et les certificats sont corrects.",
                de "Sehen Sie nach, ob es läuft, ob dieser Rechner es erreicht und ob Name, Passwort und Zertifikate stimmen.",
            )),
            Self::Silent { .. } => Some(text!(
                en "Look whether the sender runs and reaches this machine.",
                fr "Vérifiez que l’émetteur fonctionne et atteint cette machine.",
                de "Sehen Sie nach, ob der Absender läuft und diesen Rechner erreicht.",
            )),
            Self::Changed { .. } => Some(text!(
                en "Look at what is not understood: the program may write another format since an update.",
                fr "Regardez ce qui n’est pas compris : le programme écrit peut-être un autre format depuis une mise à jour.",
                de "Sehen Sie sich an, was nicht verstanden wird: vielleicht schreibt das Programm seit einer Aktualisierung ein anderes Format.",
            )),
            _ => None,
        }
    }
}

impl Serialize for SourceState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}
