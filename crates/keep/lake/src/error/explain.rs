//! The same in sentences, with hints.

use super::{AppendError, KeepError, OpenError, ReadError};
use vigie_kit::problem::{Explain, Kind, Problem, Source};
use vigie_model::text;

impl Explain for OpenError {
    fn explain(self) -> Problem {
        match self {
            Self::Io { path, source } => {
                let path = path.display();
                let said = text!(
                    en "the events in {path} cannot be opened ({source})",
                    fr "impossible d'ouvrir les événements dans {path} ({source})",
                    de "die Ereignisse in {path} lassen sich nicht öffnen ({source})",
                );
                Problem::new(Kind::Environment, said)
                    .hint(text!(
                        en "check that the directory exists, is on a local disk and may be written",
                        fr "vérifiez que le répertoire existe, se trouve sur un disque local et est accessible en écriture",
                        de "prüfen Sie, ob das Verzeichnis existiert, auf einem lokalen Datenträger liegt und beschreibbar ist",
                    ))
                    .because(source)
            }
            Self::Newer { path } => {
                let path = path.display();
                let said = text!(
                    en "{path} was written by a newer Vigie",
                    fr "{path} a été écrit par un Vigie plus récent",
                    de "{path} wurde von einem neueren Vigie geschrieben",
                );
                Problem::new(Kind::Environment, said).hint(text!(
                    en "use that newer version; nothing was changed",
                    fr "utilisez cette version plus récente ; rien n'a été modifié",
                    de "verwenden Sie jene neuere Version; es wurde nichts verändert",
                ))
            }
            Self::Db(error) => error.explain(),
            Self::NotAClass(name) => Problem::new(
                Kind::Settings,
                text!(
                    en "the retention of `{name}` is set, which is not a class of OCSF",
                    fr "une durée de conservation est définie pour `{name}`, qui n'est pas une classe d'OCSF",
                    de "für `{name}` ist eine Aufbewahrung eingestellt, das ist aber keine Klasse von OCSF",
                ),
            )
            .hint(text!(
                en "use a name such as `authentication` or `process_activity`",
                fr "utilisez un nom comme `authentication` ou `process_activity`",
                de "verwenden Sie einen Namen wie `authentication` oder `process_activity`",
            )),
            Self::Thread(source) => Problem::new(
                Kind::Environment,
                text!(
                    en "the system does not let Vigie start another thread",
                    fr "le système ne permet pas à Vigie de démarrer un fil d'exécution de plus",
                    de "das System lässt Vigie keinen weiteren Thread starten",
                ),
            )
            .hint(text!(
                en "raise the limit of processes for this user or service",
                fr "relevez la limite de processus de cet utilisateur ou de ce service",
                de "erhöhen Sie die Prozessgrenze für diesen Benutzer oder Dienst",
            ))
            .because(source),
            Self::Objects(error) => error.explain(),
            Self::StoreNotGiven { address } => Problem::new(
                Kind::Settings,
                text!(
                    en "the files of events are on {address}",
                    fr "les fichiers d’événements se trouvent sur {address}",
                    de "die Dateien der Ereignisse liegen auf {address}",
                ),
            )
            .hint(text!(
                en "give that address with --lake-store; without it, what was received before could not be found",
                fr "indiquez cette adresse avec --lake-store ; sans elle, ce qui a été reçu auparavant serait introuvable",
                de "geben Sie diese Adresse mit --lake-store an; ohne sie ließe sich nicht finden, was früher empfangen wurde",
            )),
            Self::OtherStore { known, given } => Problem::new(
                Kind::Settings,
                text!(
                    en "the files of events are on {known}, not on {given}",
                    fr "les fichiers d’événements se trouvent sur {known}, et non sur {given}",
                    de "die Dateien der Ereignisse liegen auf {known}, nicht auf {given}",
                ),
            )
            .hint(text!(
                en "give the address they are on; to move, copy the objects first and start a new data directory for what is to come",
                fr "indiquez l’adresse où ils se trouvent ; pour déménager, copiez d’abord les objets et commencez un nouveau répertoire de données pour la suite",
                de "geben Sie die Adresse an, auf der sie liegen; zum Umziehen kopieren Sie zuerst die Objekte und beginnen für das Kommende ein neues Datenverzeichnis",
            )),
        }
    }
}

impl Explain for AppendError {
    fn explain(self) -> Problem {
        match &self {
            Self::Full { .. } => Problem::new(
                Kind::Environment,
                text!(
                    en "the disk is nearly full, so no more events are taken",
                    fr "le disque est presque plein, aucun événement de plus n'est accepté",
                    de "der Datenträger ist fast voll, es werden keine weiteren Ereignisse angenommen",
                ),
            )
            .hint(text!(
                en "free some space or shorten the retention; sources keep their events and go on by themselves",
                fr "libérez de la place ou réduisez la durée de conservation ; les sources gardent leurs événements et reprennent d'elles-mêmes",
                de "schaffen Sie Platz oder verkürzen Sie die Aufbewahrung; die Quellen behalten ihre Ereignisse und machen von selbst weiter",
            )),
            Self::TooLarge { bytes } => Problem::new(
                Kind::Internal,
                text!(
                    en "a source handed over {bytes} bytes at once, which is too much",
                    fr "une source a remis {bytes} octets à la fois, c'est trop",
                    de "eine Quelle hat {bytes} Bytes auf einmal übergeben, das ist zu viel",
                ),
            )
            .hint(text!(
                en "this is a defect of Vigie; please report it with the name of the source",
                fr "c'est un défaut de Vigie ; signalez-le avec le nom de la source",
                de "das ist ein Fehler in Vigie; melden Sie ihn bitte mit dem Namen der Quelle",
            )),
            Self::Poison | Self::BrokeOff => Problem::new(
                Kind::Internal,
                text!(
                    en "an event breaks what should store it",
                    fr "un événement fait échouer son enregistrement",
                    de "ein Ereignis bringt das zum Abbruch, was es speichern soll",
                ),
            )
            .hint(text!(
                en "this is a defect of Vigie; please report it with the record, which is kept",
                fr "c’est un défaut de Vigie ; signalez-le avec l’enregistrement, qui est conservé",
                de "das ist ein Fehler in Vigie; melden Sie ihn bitte mit der Aufzeichnung, die aufgehoben wird",
            )),
            Self::Io(source) => Problem::new(
                Kind::Environment,
                text!(
                    en "the disk does not take events ({source})",
                    fr "le disque n'accepte pas les événements ({source})",
                    de "der Datenträger nimmt keine Ereignisse an ({source})",
                ),
            )
            .hint(text!(
                en "look for messages of the disk in the kernel's log; sources keep their events",
                fr "cherchez des messages du disque dans le journal du noyau ; les sources gardent leurs événements",
                de "suchen Sie im Kernel-Protokoll nach Meldungen des Datenträgers; die Quellen behalten ihre Ereignisse",
            )),
            Self::Closed => Problem::new(
                Kind::Environment,
                text!(en "Vigie is being stopped", fr "Vigie est en cours d'arrêt", de "Vigie wird gerade beendet"),
            ),
        }
        .because(self)
    }
}

impl Explain for ReadError {
    fn explain(self) -> Problem {
        match self {
            Self::Cancelled => Problem::new(
                Kind::User,
                text!(en "the search was cancelled", fr "la recherche a été annulée", de "die Suche wurde abgebrochen"),
            ),
            Self::Db(error) => error.explain(),
            Self::Stored(source) => unreadable(source),
        }
    }
}

impl Explain for KeepError {
    fn explain(self) -> Problem {
        match self {
            Self::Db(error) => error.explain(),
            Self::Files(source) => unreadable(source),
            Self::Cancelled => ReadError::Cancelled.explain(),
            Self::Read(error) => error.explain(),
            Self::HoldExists(name) => Problem::new(
                Kind::User,
                text!(
                    en "a hold named `{name}` is in force",
                    fr "une mise sous séquestre nommée « {name} » est déjà en vigueur",
                    de "eine Sperre namens „{name}“ besteht schon",
                ),
            )
            .hint(text!(
                en "choose another name, or release that hold first",
                fr "choisissez un autre nom, ou levez d’abord celle-ci",
                de "wählen Sie einen anderen Namen oder heben Sie jene Sperre zuerst auf",
            )),
            Self::NoSuchHold(name) => Problem::new(
                Kind::User,
                text!(
                    en "no hold named `{name}` is in force",
                    fr "aucune mise sous séquestre nommée « {name} » n’est en vigueur",
                    de "es besteht keine Sperre namens „{name}“",
                ),
            )
            .hint(text!(
                en "`vigie lake hold list` shows all of them",
                fr "`vigie lake hold list` les montre toutes",
                de "`vigie lake hold list` zeigt alle",
            )),
            Self::Hold(name, source) => Problem::new(
                Kind::Environment,
                text!(
                    en "the hold `{name}` cannot be understood, so nothing is dropped or erased",
                    fr "la mise sous séquestre « {name} » est incompréhensible, rien n’est donc supprimé ni effacé",
                    de "die Sperre „{name}“ ist nicht zu verstehen, darum wird nichts gelöscht",
                ),
            )
            .hint(text!(
                en "`vigie audit verify` tells whether somebody changed it; release it and place it anew",
                fr "`vigie audit verify` dit si quelqu’un l’a modifiée ; levez-la et placez-la de nouveau",
                de "`vigie audit verify` sagt, ob jemand sie verändert hat; heben Sie sie auf und legen Sie sie neu an",
            ))
            .because(source),
            Self::Held { events, holds } => {
                let holds = holds.join(", ");
                Problem::new(
                    Kind::User,
                    text!(
                        en "{events} of these events are under a hold ({holds}), so none was erased",
                        fr "{events} de ces événements sont sous séquestre ({holds}), aucun n’a donc été effacé",
                        de "{events} dieser Ereignisse sind gesperrt ({holds}), darum wurde keines gelöscht",
                    ),
                )
                .hint(text!(
                    en "release the hold, or erase the others only (`--spare-held`)",
                    fr "levez la mise sous séquestre, ou n’effacez que les autres (`--spare-held`)",
                    de "heben Sie die Sperre auf, oder löschen Sie nur die übrigen (`--spare-held`)",
                ))
            }
            Self::EraseEverything => Problem::new(
                Kind::User,
                text!(
                    en "a query that finds everything erases nothing",
                    fr "une recherche qui trouve tout n’efface rien",
                    de "eine Suche, die alles findet, löscht nichts",
                ),
            )
            .hint(text!(
                en "name whose events are to go, such as `user:eva`",
                fr "nommez ceux dont les événements doivent disparaître, par exemple `user:eva`",
                de "nennen Sie, wessen Ereignisse verschwinden sollen, etwa `user:eva`",
            )),
            Self::Unreadable(path) => Problem::new(
                Kind::Environment,
                text!(
                    en "{path} cannot be read, so nobody can say what is in it; nothing was erased",
                    fr "{path} est illisible, personne ne peut dire ce qu’il contient ; rien n’a été effacé",
                    de "{path} ist nicht lesbar, niemand kann sagen, was darin steht; es wurde nichts gelöscht",
                ),
            )
            .hint(text!(
                en "check the disk; `vigie audit verify` names the files that are damaged or missing",
                fr "vérifiez le disque ; `vigie audit verify` nomme les fichiers endommagés ou manquants",
                de "prüfen Sie den Datenträger; `vigie audit verify` nennt beschädigte oder fehlende Dateien",
            )),
            Self::NoRoom => Problem::new(
                Kind::Environment,
                text!(
                    en "there is too little room on the disk to write the events anew",
                    fr "il n’y a pas assez de place sur le disque pour réécrire les événements",
                    de "auf dem Datenträger ist zu wenig Platz, um die Ereignisse neu zu schreiben",
                ),
            )
            .hint(text!(
                en "free some space; old and new files are there together for a while",
                fr "libérez de la place ; anciens et nouveaux fichiers coexistent un moment",
                de "schaffen Sie Platz; alte und neue Dateien liegen eine Weile nebeneinander",
            )),
            Self::Closed => AppendError::Closed.explain(),
        }
    }
}

fn unreadable(source: Source) -> Problem {
    Problem::new(
        Kind::Environment,
        text!(
            en "files of events cannot be used ({source})",
            fr "des fichiers d'événements sont inutilisables ({source})",
            de "Dateien mit Ereignissen lassen sich nicht verwenden ({source})",
        ),
    )
    .hint(text!(
        en "check the disk; `vigie audit verify` names the files that are damaged or missing",
        fr "vérifiez le disque ; `vigie audit verify` nomme les fichiers endommagés ou manquants",
        de "prüfen Sie den Datenträger; `vigie audit verify` nennt beschädigte oder fehlende Dateien",
    ))
    .because(source)
}
