//! The help texts in French and German. English stands at the arguments themselves.

use clap::Command;
use vigie_model::lang::Lang;

/// One help text: the path of the command, the argument (empty for the command itself), French, German. What an
/// argument means to several commands stands once, at what these have in common.
type Line = (&'static str, &'static str, &'static str, &'static str);

const TEXTS: &[Line] = &[
    ("", "", "La vigie de vos conteneurs et de vos machines", "Der Ausguck über Ihre Container und Rechner"),
    ("", "data", "Répertoire où tout est conservé", "Ordner, in dem alles aufbewahrt wird"),
    ("", "log", "Quantité d’informations sur ce qui se passe à l’intérieur", "Wie viel darüber gesagt wird, was innen geschieht"),
    ("", "format", "Forme de la réponse", "Form der Antwort"),
    (
        "",
        "fail_on",
        "Terminer avec 1 s’il y a un constat de cette sévérité ou pire",
        "Mit 1 enden, wenn es einen Befund dieses Schweregrads oder schlimmer gibt",
    ),
    ("up", "", "Démarrer la plateforme sur cette machine", "Die Plattform auf diesem Rechner starten"),
    ("up", "listen", "Adresse de la console et de l’API HTTP", "Adresse der Konsole und der HTTP-API"),
    (
        "up",
        "intake",
        "Adresse où les collecteurs sont reçus sans TLS, en plus de celle de la console",
        "Adresse, an der Log-Sammler ohne TLS empfangen werden, neben der der Konsole",
    ),
    ("up", "syslog", "Adresse de réception de syslog, en UDP et TCP", "Adresse, an der Syslog empfangen wird, über UDP und TCP"),
    (
        "up",
        "syslog_tls",
        "Adresse de réception de syslog par TLS, d’ordinaire sur le port 6514",
        "Adresse, an der Syslog über TLS empfangen wird, üblicherweise an Port 6514",
    ),
    (
        "up",
        "syslog_tls_client_ca",
        "Fichier des autorités dont les émetteurs de syslog par TLS doivent présenter un certificat ; sans lui, chacun peut envoyer",
        "Datei mit den Stellen, von denen Sender von Syslog über TLS ein Zertifikat vorweisen müssen; ohne sie darf jeder senden",
    ),
    (
        "up",
        "gelf",
        "Adresse de réception de GELF, en UDP et TCP, d’ordinaire sur le port 12201",
        "Adresse, an der GELF empfangen wird, über UDP und TCP, üblicherweise an Port 12201",
    ),
    (
        "up",
        "netflow",
        "Adresse de réception de NetFlow et IPFIX, d’ordinaire sur le port 2055",
        "Adresse, an der NetFlow und IPFIX empfangen werden, üblicherweise an Port 2055",
    ),
    (
        "up",
        "forward",
        "Adresse de réception de Fluentd et Fluent Bit, d’ordinaire sur le port 24224",
        "Adresse, an der Fluentd und Fluent Bit empfangen werden, üblicherweise an Port 24224",
    ),
    (
        "up",
        "forward_key_file",
        "Fichier de la clé partagée que Fluentd et Fluent Bit doivent connaître",
        "Datei mit dem gemeinsamen Schlüssel, den Fluentd und Fluent Bit kennen müssen",
    ),
    ("up", "no_syslog", "Ne pas recevoir de syslog", "Kein Syslog empfangen"),
    (
        "up",
        "follow",
        "Suivre aussi ce fichier journal, ou ceux d’un motif tel que '/srv/**/*.log', sans ceux de '!MOTIF' ; peut être répété",
        "Auch dieser Logdatei folgen, oder denen eines Musters wie '/srv/**/*.log', ohne die von '!MUSTER'; mehrfach möglich",
    ),
    (
        "up",
        "no_local_logs",
        "Ne lire ni le journal ni les fichiers journaux habituels",
        "Weder das Journal noch die üblichen Logdateien lesen",
    ),
    (
        "up",
        "config",
        "Fichier des réglages durables ; à défaut, vigie.toml du répertoire de données, s’il existe",
        "Datei mit den bleibenden Einstellungen; sonst vigie.toml im Datenordner, wenn es sie gibt",
    ),
    (
        "up",
        "tenant",
        "À qui appartiennent les enregistrements reçus, ou ceux qui arrivent avec un jeton ; peut être répété",
        "Wem die eingehenden Aufzeichnungen gehören, oder die mit einem Token kommen; mehrfach möglich",
    ),
    (
        "up",
        "keep_days",
        "Nombre de jours après lesquels les événements sont supprimés",
        "Tage, nach denen Ereignisse entfernt werden",
    ),
    (
        "up",
        "keep_class",
        "De même pour les événements d’une classe OCSF, par exemple authentication=400 ; peut être répété",
        "Ebenso für Ereignisse einer OCSF-Klasse, etwa authentication=400; mehrfach möglich",
    ),
    (
        "up",
        "lake_store",
        "Stockage d’objets pour les fichiers d’événements : s3://COMPARTIMENT/DOSSIER, az://COMPTE/CONTENEUR/DOSSIER, gs://COMPARTIMENT/DOSSIER ou file:///RÉPERTOIRE ; les identifiants viennent de l’environnement",
        "Objektspeicher für die Dateien der Ereignisse: s3://BUCKET/ORDNER, az://KONTO/CONTAINER/ORDNER, gs://BUCKET/ORDNER oder file:///VERZEICHNIS; Zugangsdaten kommen aus der Umgebung",
    ),
    (
        "up",
        "lake_cache_mib",
        "Mio de ces fichiers gardés aussi dans le répertoire de données, pour les lire plus vite",
        "MiB dieser Dateien, die auch im Datenordner bleiben, um sie schneller zu lesen",
    ),
    (
        "up",
        "feeds",
        "D’où les données de vulnérabilités sont renouvelées, une fois par jour : l’adresse ou le répertoire contenant ÉCOSYSTÈME/all.zip, ou `none`",
        "Woher Schwachstellendaten einmal täglich erneuert werden: Adresse oder Ordner mit ÖKOSYSTEM/all.zip, oder `none`",
    ),
    (
        "up",
        "yara",
        "Fichier ou répertoire de règles YARA à appliquer aux images, en plus des nôtres et de celles du dossier yara du répertoire de données ; peut être donné plusieurs fois",
        "Datei oder Ordner mit YARA-Regeln für Images, neben unseren und denen im Ordner yara des Datenordners; kann mehrmals angegeben werden",
    ),
    (
        "up",
        "geoip",
        "Base d’adresses au format MaxMind (.mmdb) : les événements disent où se trouvent les adresses et à qui sont les réseaux ; peut être donné plusieurs fois",
        "Adressdatenbank im Format von MaxMind (.mmdb): Ereignisse sagen, wo Adressen liegen und wem die Netze gehören; kann mehrmals angegeben werden",
    ),
    (
        "up",
        "otlp_endpoint",
        "Récepteur OTLP sur HTTP des traces de Vigie, comme http://localhost:4318 ; les variables OTEL_EXPORTER_OTLP_* en disent plus",
        "Empfänger von OTLP über HTTP für die Traces von Vigie selbst, etwa http://localhost:4318; Näheres sagen die Variablen OTEL_EXPORTER_OTLP_*",
    ),
    (
        "up",
        "trace_ratio",
        "Part des traces nées ici à envoyer : 0 aucune, 1 toutes",
        "Anteil der hier begonnenen Traces, der gesendet wird: 0 keine, 1 alle",
    ),
    ("scan", "", "Regarder une fois et dire ce qui a été trouvé", "Einmal hinsehen und sagen, was gefunden wurde"),
    (
        "scan",
        "only_fixed",
        "Seulement les vulnérabilités qu’une mise à jour répare",
        "Nur Schwachstellen, die eine Aktualisierung behebt",
    ),
    (
        "scan",
        "baseline",
        "Seulement les constats absents de ce fichier, le JSON d’un examen antérieur",
        "Nur Befunde, die nicht in dieser Datei stehen, dem JSON einer früheren Untersuchung",
    ),
    (
        "scan",
        "explain",
        "Dire pourquoi ce constat est là, ou pourquoi il ne l’est pas, et rien d’autre : une vulnérabilité par l’un de ses noms, une règle, ou un constat",
        "Sagen, warum es diesen Befund gibt oder warum nicht, und sonst nichts: eine Schwachstelle mit einem ihrer Namen, eine Regel oder ein Befund",
    ),
    (
        "scan",
        "vex",
        "Document VEX qui dit ce qui ne s’applique pas : OpenVEX, CSAF ou CycloneDX ; peut être répété",
        "VEX-Dokument, das sagt, was nicht zutrifft: OpenVEX, CSAF oder CycloneDX; mehrfach möglich",
    ),
    (
        "scan",
        "ignore_file",
        "Liste de ce qu’il faut ignorer, avec les raisons ; par défaut, .vigieignore du répertoire",
        "Liste dessen, was zu übergehen ist, mit Gründen; ohne Angabe .vigieignore des Ordners",
    ),
    ("scan", "show_suppressed", "Lister ce que VEX et la liste écartent", "Auflisten, was VEX und die Liste ausnehmen"),
    ("scan host", "", "Regarder cette machine", "Diesen Rechner ansehen"),
    (
        "scan host",
        "root",
        "Racine du système de fichiers à examiner, par exemple un disque monté",
        "Wurzel des Dateisystems, etwa eines eingehängten Datenträgers",
    ),
    ("scan host", "all", "Montrer aussi les contrôles réussis", "Auch bestandene Prüfungen zeigen"),
    (
        "scan image",
        "",
        "Examiner une image de conteneur : une archive, une disposition OCI",
        "Ein Container-Image untersuchen: ein Archiv, ein OCI-Layout",
    ),
    (
        "scan image",
        "image",
        "L’image : FICHIER, FICHIER#NOM:TAG, RÉPERTOIRE ou RÉPERTOIRE@sha256:EMPREINTE",
        "Das Image: DATEI, DATEI#NAME:TAG, ORDNER oder ORDNER@sha256:DIGEST",
    ),
    (
        "scan image",
        "platform",
        "Laquelle de plusieurs plateformes, par exemple linux/arm64",
        "Welche von mehreren Plattformen, etwa linux/arm64",
    ),
    (
        "scan image",
        "base_candidate",
        "Une image qui pourrait remplacer la base : ce que cela changerait est indiqué ; peut être répété",
        "Ein Image, das an die Stelle der Basis treten könnte: Gesagt wird, was das ändern würde; mehrfach möglich",
    ),
    ("scan image", "no_cache", "Relire toutes les couches", "Jede Schicht neu lesen"),
    (
        "scan fs",
        "",
        "Examiner un répertoire : la racine d’un système installé ou une arborescence de sources",
        "Einen Ordner untersuchen: die Wurzel eines installierten Systems oder einen Quellbaum",
    ),
    ("scan fs", "dir", "Le répertoire", "Der Ordner"),
    (
        "scan",
        "scanners",
        "Quoi chercher, séparé par des virgules ; par défaut, tout sauf les licences",
        "Wonach gesucht wird, durch Kommas getrennt; ohne Angabe nach allem außer Lizenzen",
    ),
    (
        "scan",
        "yara",
        "Fichier ou répertoire de règles YARA à appliquer aux fichiers, en plus des nôtres ; peut être donné plusieurs fois",
        "Datei oder Ordner mit YARA-Regeln für die Dateien, neben unseren; kann mehrmals angegeben werden",
    ),
    (
        "scan",
        "licence_policy",
        "Fichier TOML des licences à accepter, à examiner et à refuser ; les licences sont alors examinées aussi",
        "TOML-Datei mit den erlaubten, zu prüfenden und verbotenen Lizenzen; dann werden auch Lizenzen untersucht",
    ),
    (
        "scan",
        "fingerprint_key",
        "Fichier de la clé qui distingue les secrets ; par défaut, un fichier du répertoire de données",
        "Datei mit dem Schlüssel, der Geheimnisse unterscheidet; ohne Angabe eine im Datenordner",
    ),
    (
        "scan repo",
        "",
        "Examiner un dépôt Git : les fichiers suivis, et les secrets dans tout son historique",
        "Ein Git-Repository untersuchen: die verfolgten Dateien, und Geheimnisse in der ganzen Historie",
    ),
    ("scan repo", "dir", "Un répertoire du dépôt", "Ein Ordner des Repositorys"),
    (
        "scan repo",
        "staged",
        "Seulement les secrets que le prochain commit apporterait ; pour un hook pre-commit",
        "Nur Geheimnisse, die der nächste Commit brächte; für einen Pre-Commit-Hook",
    ),
    ("scan repo", "no_history", "Laisser l’historique de côté", "Die Historie auslassen"),
    (
        "scan sbom",
        "",
        "Juger les composants listés par un autre outil : CycloneDX ou SPDX",
        "Die von einem anderen Werkzeug gelisteten Komponenten beurteilen: CycloneDX oder SPDX",
    ),
    ("scan sbom", "file", "Le fichier", "Die Datei"),
    (
        "scan k8s",
        "",
        "Juger des objets Kubernetes : des manifestes, ou la sortie de `helm template` et de `kustomize build`",
        "Kubernetes-Objekte beurteilen: Manifeste oder was `helm template` und `kustomize build` ausgeben",
    ),
    (
        "scan k8s",
        "target",
        "Un fichier, un répertoire, ou `-` pour l’entrée standard",
        "Eine Datei, ein Ordner, oder `-` für die Standardeingabe",
    ),
    (
        "scan k8s",
        "pss",
        "Seulement les Pod Security Standards : privileged, baseline ou restricted, par exemple restricted@v1.30 ; terminer avec 1 si un pod les enfreint",
        "Nur die Pod Security Standards: privileged, baseline oder restricted, etwa restricted@v1.30; mit 1 enden, wenn ein Pod sie verletzt",
    ),
    ("findings", "", "Lister, montrer, décider et exporter les constats", "Befunde auflisten, zeigen, entscheiden und ausgeben"),
    ("findings list", "", "Lister les constats, les plus urgents d’abord", "Befunde auflisten, die dringendsten zuerst"),
    (
        "findings list",
        "state",
        "active, open, in_progress, fixed, accepted, not_affected, false_positive ou all",
        "active, open, in_progress, fixed, accepted, not_affected, false_positive oder all",
    ),
    (
        "findings list",
        "severity",
        "Une ou plusieurs sévérités, séparées par des virgules",
        "Ein oder mehrere Schweregrade, durch Kommas getrennt",
    ),
    ("findings list", "kind", "vulnerability, misconfiguration, detection…", "vulnerability, misconfiguration, detection …"),
    ("findings list", "text", "Texte contenu dans le constat", "Text, den der Befund enthält"),
    ("findings list", "fixable", "Seulement ce qu’une mise à jour répare", "Nur was eine Aktualisierung behebt"),
    ("findings list", "kev", "Seulement ce qui est connu pour être exploité", "Nur was bekanntermaßen ausgenutzt wird"),
    (
        "findings list",
        "sort",
        "priority, severity, first_seen, last_seen ou title",
        "priority, severity, first_seen, last_seen oder title",
    ),
    ("findings list", "limit", "Combien", "Wie viele"),
    (
        "findings show",
        "",
        "Montrer un constat avec ses preuves et son histoire",
        "Einen Befund mit Belegen und Geschichte zeigen",
    ),
    ("findings show", "id", "Identifiant du constat, ou un début suffisant", "Kennung des Befunds, oder genug von ihrem Anfang"),
    (
        "findings decide",
        "",
        "Accepter des constats, ou les marquer comme non affectés ou faux",
        "Befunde akzeptieren oder als nicht betroffen oder falsch kennzeichnen",
    ),
    ("findings decide", "ids", "Identifiants des constats", "Kennungen der Befunde"),
    (
        "findings decide",
        "subject",
        "Tous les constats de cette règle ou vulnérabilité",
        "Alle Befunde dieser Regel oder Schwachstelle",
    ),
    (
        "findings decide",
        "package",
        "Tous les constats de ce paquet, par purl sans version",
        "Alle Befunde dieses Pakets, per purl ohne Version",
    ),
    ("findings decide", "ruling", "accept, false_positive ou not_affected", "accept, false_positive oder not_affected"),
    (
        "findings decide",
        "justification",
        "Pourquoi il n’est pas affecté, dans les mots de VEX",
        "Warum er nicht betroffen ist, in den Worten von VEX",
    ),
    ("findings decide", "reason", "Pourquoi, pour ceux qui le liront plus tard", "Warum, für alle, die es später lesen"),
    ("findings decide", "until", "Jour où la décision prend fin", "Tag, an dem die Entscheidung endet"),
    ("findings export", "", "Écrire tous les constats qui correspondent", "Alle passenden Befunde ausgeben"),
    (
        "findings export",
        "state",
        "active, open, in_progress, fixed, accepted, not_affected, false_positive ou all",
        "active, open, in_progress, fixed, accepted, not_affected, false_positive oder all",
    ),
    (
        "findings export",
        "severity",
        "Une ou plusieurs sévérités, séparées par des virgules",
        "Ein oder mehrere Schweregrade, durch Kommas getrennt",
    ),
    ("findings export", "kind", "vulnerability, misconfiguration, detection…", "vulnerability, misconfiguration, detection …"),
    ("findings export", "text", "Texte contenu dans le constat", "Text, den der Befund enthält"),
    ("findings export", "fixable", "Seulement ce qu’une mise à jour répare", "Nur was eine Aktualisierung behebt"),
    ("findings export", "kev", "Seulement ce qui est connu pour être exploité", "Nur was bekanntermaßen ausgenutzt wird"),
    ("findings export", "format", "Forme du fichier", "Form der Datei"),
    ("search", "", "Chercher dans les événements", "Ereignisse durchsuchen"),
    ("search", "query", "Que chercher : mots, champ:valeur, AND, OR, NOT", "Wonach: Wörter, Feld:Wert, AND, OR, NOT"),
    ("search", "count", "Dire seulement combien", "Nur sagen, wie viele"),
    (
        "search",
        "top",
        "Compter plutôt les valeurs d’un nom : user, host, src_endpoint.ip, namespace …",
        "Stattdessen die Werte eines Namens zählen: user, host, src_endpoint.ip, namespace …",
    ),
    (
        "search",
        "from",
        "À partir de ce moment, par exemple 2026-11-21T08:00:00Z ou 24h ; par défaut il y a un jour, ou ce que dit la recherche enregistrée",
        "Ab diesem Zeitpunkt, etwa 2026-11-21T08:00:00Z oder 24h; sonst vor einem Tag oder wie es die gespeicherte Suche sagt",
    ),
    ("search", "to", "Jusqu’à ce moment ; par défaut maintenant", "Bis zu diesem Zeitpunkt; sonst bis jetzt"),
    ("search", "limit", "Combien", "Wie viele"),
    (
        "search",
        "deadline",
        "Répondre après cette durée avec ce qui a été trouvé jusque-là, par exemple 10s",
        "Nach dieser Dauer mit dem antworten, was bis dahin gefunden ist, etwa 10s",
    ),
    (
        "search",
        "saved",
        "Poser cette recherche enregistrée ; ce qui est dit en plus la restreint",
        "Diese gespeicherte Suche stellen; was sonst gesagt wird, engt sie ein",
    ),
    (
        "searches",
        "",
        "Lister, montrer, enregistrer et supprimer des recherches, et les faire alerter",
        "Gespeicherte Suchen auflisten, zeigen, anlegen und entfernen, und Alarm auslösen lassen",
    ),
    ("searches list", "", "Lister les recherches enregistrées", "Die gespeicherten Suchen auflisten"),
    ("searches show", "", "Montrer une recherche enregistrée", "Eine gespeicherte Suche zeigen"),
    ("searches", "search", "Son nom ou son identifiant", "Ihr Name oder ihre Kennung"),
    ("searches save", "", "Enregistrer une recherche", "Eine Suche speichern"),
    ("searches save", "name", "Comment l’appeler", "Wie sie heißen soll"),
    ("searches save", "query", "La requête", "Die Abfrage"),
    (
        "searches save",
        "last",
        "La fenêtre : une durée jusqu’à maintenant, par exemple 15m, 24h, 7d",
        "Das Zeitfenster: so lange bis jetzt, etwa 15m, 24h, 7d",
    ),
    (
        "searches save",
        "columns",
        "Colonnes à montrer, séparées par des virgules",
        "Spalten, die gezeigt werden, durch Kommas getrennt",
    ),
    ("searches save", "shared", "Tous ceux qui lisent les événements la voient", "Alle, die Ereignisse lesen, sehen sie"),
    ("searches save", "replace", "Remplacer celle qui porte ce nom", "Die ersetzen, die so heißt"),
    (
        "searches alert",
        "",
        "Faire alerter une recherche partagée, ou ne plus la faire alerter",
        "Eine geteilte Suche Alarm auslösen lassen, oder nicht mehr",
    ),
    (
        "searches alert",
        "at_least",
        "Quand une fenêtre compte autant d’événements, ou plus",
        "Wenn ein Zeitfenster so viele Ereignisse hat, oder mehr",
    ),
    (
        "searches alert",
        "fewer_than",
        "Quand il y en a moins : quelque chose s’est tu",
        "Wenn es weniger sind: etwas ist verstummt",
    ),
    ("searches alert", "off", "Plus du tout", "Nicht mehr"),
    ("searches alert", "within", "Largeur d’une fenêtre, par exemple 5m", "Breite eines Zeitfensters, etwa 5m"),
    (
        "searches alert",
        "by",
        "Compter séparément pour chaque valeur d’un nom : user, host …",
        "Für jeden Wert eines Namens einzeln zählen: user, host …",
    ),
    (
        "searches alert",
        "every",
        "Tous les combien une fenêtre se termine ; par défaut l’une suit l’autre",
        "Wie oft ein Zeitfenster endet; sonst folgt eines auf das andere",
    ),
    (
        "searches alert",
        "lag",
        "Combien de temps après sa fin une fenêtre est évaluée : ce qui arrive plus tard n’est pas compté",
        "Wie lange nach seinem Ende ein Zeitfenster beurteilt wird: was später kommt, zählt nicht",
    ),
    ("searches alert", "severity", "Sévérité de l’alerte", "Schweregrad des Alarms"),
    ("searches remove", "", "Supprimer une recherche enregistrée", "Eine gespeicherte Suche entfernen"),
    (
        "db",
        "",
        "Importer, actualiser et montrer les données de vulnérabilités",
        "Schwachstellendaten einlesen, aktualisieren und zeigen",
    ),
    (
        "db import",
        "",
        "Construire les données à partir de fichiers : zips OSV, CISA KEV, EPSS, trackers ; ou reprendre un paquet signé",
        "Die Daten aus Dateien aufbauen: OSV-Zips, CISA KEV, EPSS, Tracker; oder ein signiertes Bündel übernehmen",
    ),
    ("db import", "paths", "Fichiers et répertoires", "Dateien und Ordner"),
    (
        "db import",
        "trust",
        "Clé dont les paquets doivent porter la signature, ou fichier qui la contient ; peut être répété",
        "Schlüssel, mit dem Bündel signiert sein müssen, oder Datei mit ihm; mehrfach möglich",
    ),
    (
        "db export",
        "",
        "Écrire les données comme paquet signé, pour des machines sans réseau",
        "Die Daten als signiertes Bündel schreiben, für Rechner ohne Netz",
    ),
    ("db export", "file", "Le paquet à écrire", "Das Bündel, das geschrieben wird"),
    (
        "db export",
        "key",
        "Fichier de la clé de signature, tel que `db key` le crée",
        "Datei mit dem Schlüssel zum Signieren, wie `db key` sie erzeugt",
    ),
    ("db key", "", "Créer une clé pour signer des paquets", "Einen Schlüssel zum Signieren von Bündeln erzeugen"),
    ("db key", "file", "Le fichier de clé à écrire", "Die Schlüsseldatei, die geschrieben wird"),
    ("db update", "", "Télécharger les données et les construire", "Die Daten holen und aufbauen"),
    (
        "db update",
        "from",
        "D’où : l’adresse ou le répertoire qui contient ECOSYSTEM/all.zip",
        "Woher: die Adresse oder der Ordner mit ECOSYSTEM/all.zip",
    ),
    (
        "db update",
        "ecosystem",
        "Écosystème à télécharger, par exemple Debian ou PyPI ; par défaut celui de cette machine",
        "Ökosystem, etwa Debian oder PyPI; ohne Angabe das dieses Rechners",
    ),
    ("db status", "", "Dire quelles données il y a et leur âge", "Sagen, welche Daten es gibt und wie alt sie sind"),
    (
        "scan",
        "to",
        "Enregistrer aussi ce qui a été vu sur la plateforme à cette adresse, par exemple https://vigie.example.org:8443",
        "Was gesehen wurde, auch auf der Plattform unter dieser Adresse verzeichnen, etwa https://vigie.example.org:8443",
    ),
    (
        "scan",
        "token_file",
        "Fichier du jeton pour --to ; à défaut, la variable VIGIE_TOKEN le contient",
        "Datei mit dem Token für --to; sonst steht es in der Variablen VIGIE_TOKEN",
    ),
    (
        "scan",
        "ca",
        "Fichier PEM des certificats à reconnaître pour --to, au lieu de ceux du système",
        "PEM-Datei mit den Zertifikaten, denen bei --to statt denen des Systems vertraut wird",
    ),
    (
        "scan",
        "allow_http",
        "Laisser --to envoyer le jeton et l’examen en clair à une autre machine",
        "--to erlauben, Token und Untersuchung unverschlüsselt an einen anderen Rechner zu senden",
    ),
    (
        "scan",
        "name",
        "Comment appeler ce qui est examiné, si cela n’a pas de nom que d’autres connaissent",
        "Wie das Untersuchte heißen soll, wenn es keinen Namen hat, den andere kennen",
    ),
    (
        "token",
        "",
        "Créer, lister et révoquer des jetons pour des pipelines et d’autres programmes",
        "Tokens für Pipelines und andere Programme anlegen, auflisten und widerrufen",
    ),
    (
        "token create",
        "",
        "Créer un jeton et l’écrire sur la sortie standard, cette seule fois",
        "Ein Token anlegen und es, nur dieses eine Mal, auf die Standardausgabe schreiben",
    ),
    ("token create", "name", "Comment l’appeler", "Wie es heißen soll"),
    (
        "token create",
        "permission",
        "Ce qu’il permet : send_scans, send_events, read_findings… ; plusieurs séparés par des virgules",
        "Was es darf: send_scans, send_events, read_findings …; mehrere durch Kommas getrennt",
    ),
    ("token create", "days", "Nombre de jours de vie, 365 au plus", "Tage, die es gilt, höchstens 365"),
    ("token list", "", "Lister les jetons et leur dernière utilisation", "Tokens mit ihrer letzten Benutzung auflisten"),
    (
        "token revoke",
        "",
        "Révoquer un jeton : dès lors, il n’ouvre plus rien",
        "Ein Token widerrufen: ab sofort öffnet es nichts mehr",
    ),
    ("token revoke", "token", "Son nom ou son identifiant", "Sein Name oder seine Kennung"),
    (
        "lake",
        "",
        "Dire ce qui, parmi les événements conservés, doit rester et ce qui doit disparaître",
        "Sagen, welche gespeicherten Ereignisse bleiben und welche verschwinden müssen",
    ),
    (
        "lake hold",
        "",
        "Empêcher que des événements soient supprimés ou effacés",
        "Verhindern, dass Ereignisse bereinigt oder gelöscht werden",
    ),
    ("lake hold add", "", "Mettre des événements sous séquestre", "Eine Sperre anlegen"),
    ("lake hold add", "name", "Comment l’appeler", "Wie sie heißen soll"),
    (
        "lake hold add",
        "query",
        "Les événements concernés, comme dans une recherche ; tous si rien n’est dit",
        "Die Ereignisse, für die sie gilt, wie bei einer Suche; ohne Angabe alle",
    ),
    ("lake hold add", "reason", "Pourquoi ils doivent rester", "Warum sie bleiben müssen"),
    (
        "lake hold add",
        "class",
        "Seulement les événements de cette classe OCSF, par exemple authentication",
        "Nur Ereignisse dieser OCSF-Klasse, etwa authentication",
    ),
    (
        "lake hold add",
        "from",
        "Seulement les événements à partir de ce moment, par exemple 2026-11-21T08:00:00Z ou 24h",
        "Nur Ereignisse ab diesem Zeitpunkt, etwa 2026-11-21T08:00:00Z oder 24h",
    ),
    ("lake hold add", "to", "Seulement les événements avant ce moment", "Nur Ereignisse vor diesem Zeitpunkt"),
    ("lake hold add", "until", "Quand elle prend fin d’elle-même", "Wann sie von selbst endet"),
    (
        "lake hold list",
        "",
        "Lister les mises sous séquestre et ce que chacune retient",
        "Sperren auflisten, und was jede von ihnen hält",
    ),
    (
        "lake hold release",
        "",
        "Lever une mise sous séquestre : la prochaine purge supprimera ce qu’elle retenait",
        "Eine Sperre aufheben: die nächste Bereinigung löscht, was sie hielt",
    ),
    ("lake hold release", "name", "Son nom", "Ihr Name"),
    ("lake hold release", "reason", "Pourquoi elle est levée", "Warum sie aufgehoben wird"),
    (
        "lake erase",
        "",
        "Effacer des événements pour de bon et en laisser la preuve",
        "Ereignisse endgültig löschen und einen Nachweis hinterlassen",
    ),
    ("lake erase", "query", "Les événements, comme dans une recherche", "Die Ereignisse, wie bei einer Suche"),
    ("lake erase", "reason", "Pourquoi : le numéro de la demande, par exemple", "Warum: die Nummer des Antrags zum Beispiel"),
    (
        "lake erase",
        "yes",
        "Le faire ; sinon, dire seulement ce qui serait effacé",
        "Es tun; sonst wird nur gesagt, was gelöscht würde",
    ),
    (
        "lake erase",
        "from",
        "Seulement les événements à partir de ce moment, par exemple 2026-11-21T08:00:00Z ou 24h",
        "Nur Ereignisse ab diesem Zeitpunkt, etwa 2026-11-21T08:00:00Z oder 24h",
    ),
    ("lake erase", "to", "Seulement les événements avant ce moment", "Nur Ereignisse vor diesem Zeitpunkt"),
    (
        "lake erase",
        "keep_query",
        "Garder la recherche telle quelle dans la preuve, bien qu’elle nomme la personne",
        "Die Suche unverändert in den Nachweis aufnehmen, obwohl sie die Person nennt",
    ),
    (
        "lake erase",
        "spare_held",
        "Laisser de côté les événements sous séquestre au lieu de tout refuser",
        "Gesperrte Ereignisse auslassen, statt alles abzulehnen",
    ),
    ("lake erasures", "", "Lister les preuves d’effacement", "Die Nachweise von Löschungen auflisten"),
    (
        "parsers",
        "",
        "Lister, vérifier et essayer ce qui lit les formats de journaux, et montrer ce qui n’est pas compris",
        "Auflisten, prüfen und ausprobieren, womit Logformate gelesen werden, und zeigen, was nicht verstanden wird",
    ),
    (
        "parsers list",
        "",
        "Lister les formats lus : par des analyseurs, par nos pages, par les vôtres",
        "Die Formate auflisten, die gelesen werden: von Parsern, von unseren Seiten, von Ihren",
    ),
    (
        "parsers check",
        "",
        "Vérifier une de vos pages, et qu’elle lit ses exemples",
        "Eine Ihrer Seiten prüfen, und dass sie ihre Beispiele liest",
    ),
    (
        "parsers check",
        "pages",
        "Les pages, par exemple till.toml ; ses exemples sont till.log ou till.json à côté, ou dans un dossier samples",
        "Die Seiten, etwa till.toml; ihre Beispiele sind till.log oder till.json daneben, oder in einem Ordner samples",
    ),
    ("parsers test", "", "Montrer ce que deviennent des enregistrements", "Zeigen, was aus Einträgen wird"),
    (
        "parsers test",
        "records",
        "Les enregistrements : un fichier, ou `-` pour l’entrée standard",
        "Die Einträge: eine Datei, oder `-` für die Standardeingabe",
    ),
    (
        "parsers test",
        "page",
        "Essayer cette page à vous avec toutes les autres",
        "Diese Seite von Ihnen neben allen anderen ausprobieren",
    ),
    (
        "parsers test",
        "path",
        "Les lire comme s’ils se trouvaient dans ce fichier, par exemple /var/log/audit/audit.log",
        "Sie lesen, als stünden sie in dieser Datei, etwa /var/log/audit/audit.log",
    ),
    (
        "parsers draft",
        "",
        "Écrire une première page pour des lignes que rien ne lit",
        "Eine erste Seite für Zeilen schreiben, die nichts liest",
    ),
    (
        "parsers draft",
        "records",
        "Les lignes : un fichier, ou `-` pour l’entrée standard",
        "Die Zeilen: eine Datei, oder `-` für die Standardeingabe",
    ),
    ("parsers draft", "name", "Le nom du format", "Der Name des Formats"),
    (
        "parsers coverage",
        "",
        "Montrer ce qui a été compris de chaque source, et des lignes qui ne l’ont pas été",
        "Zeigen, was von jeder Quelle verstanden wurde, und Zeilen, die es nicht wurden",
    ),
    (
        "parsers coverage",
        "source",
        "Seulement les sources dont le nom contient ceci",
        "Nur Quellen, in deren Namen dies vorkommt",
    ),
    (
        "lake delta",
        "",
        "Tenir un journal Delta des fichiers d’événements, par lequel Spark, Trino, DuckDB et d’autres les lisent comme une table",
        "Ein Delta-Protokoll über die Dateien mit Ereignissen führen, mit dem Spark, Trino, DuckDB und andere sie als eine Tabelle lesen",
    ),
    (
        "lake delta",
        "stop",
        "Supprimer ce journal ; les fichiers restent tels quels",
        "Das Protokoll entfernen; die Dateien bleiben, wie sie sind",
    ),
    (
        "audit",
        "",
        "Vérifier la piste d’audit et les événements conservés",
        "Die Prüfspur und die gespeicherten Ereignisse prüfen",
    ),
    (
        "audit verify",
        "",
        "Parcourir les chaînes d’empreintes, lire tous les fichiers d’événements et dire s’ils sont entiers",
        "Die Hashketten durchgehen, alle Dateien mit Ereignissen lesen und sagen, ob sie heil sind",
    ),
    (
        "audit verify",
        "head",
        "N’écrire que les têtes des deux chaînes, à conserver ailleurs",
        "Nur die Köpfe beider Ketten ausgeben, um sie anderswo aufzubewahren",
    ),
    (
        "audit verify",
        "expect",
        "Une tête de la chaîne des événements conservée ailleurs : elle doit encore s’y trouver",
        "Ein aufbewahrter Kopf der Ereigniskette: er muss noch darin stehen",
    ),
    ("audit verify", "links_only", "Ne pas lire les fichiers d’événements", "Die Dateien mit Ereignissen nicht lesen"),
    ("version", "", "Dire la version", "Die Version nennen"),
];

/// The command with its help in a language.
pub(crate) fn translated(command: Command, lang: Lang) -> Command {
    if lang == Lang::En { command } else { translate(command, "", lang) }
}

fn translate(mut command: Command, path: &str, lang: Lang) -> Command {
    if let Some(text) = text(path, "", lang) {
        command = command.about(text);
    }
    let arguments: Vec<String> = command.get_arguments().map(|argument| argument.get_id().to_string()).collect();
    for id in arguments {
        if let Some(text) = text(path, &id, lang) {
            command = command.mut_arg(&id, |argument| argument.help(text));
        }
    }
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    for verb in verbs {
        let below = if path.is_empty() { verb.clone() } else { format!("{path} {verb}") };
        command = command.mut_subcommand(verb, |verb| translate(verb, &below, lang));
    }
    command
}

fn text(path: &str, argument: &str, lang: Lang) -> Option<&'static str> {
    let (_, _, fr, de) = line(path, argument)?;
    match lang {
        Lang::En => None,
        Lang::Fr => Some(fr),
        Lang::De => Some(de),
    }
}

/// The line of a command's argument: its own, or that of the nearest command above it.
fn line(path: &str, argument: &str) -> Option<&'static Line> {
    let own = TEXTS.iter().find(|(at, id, _, _)| *at == path && *id == argument);
    let above = path.rsplit_once(' ').map_or("", |(above, _)| above);
    own.or_else(|| if path.is_empty() || argument.is_empty() { None } else { line(above, argument) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn places(command: &Command, path: &str, found: &mut Vec<(String, String)>) {
        found.push((path.to_owned(), String::new()));
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            if !["help", "version"].contains(&id) {
                found.push((path.to_owned(), id.to_owned()));
            }
        }
        for verb in command.get_subcommands() {
            let below = if path.is_empty() { verb.get_name().to_owned() } else { format!("{path} {}", verb.get_name()) };
            places(verb, &below, found);
        }
    }

    #[test]
    fn every_help_text_has_its_translations_and_none_is_left_over() {
        let mut wanted = Vec::new();
        places(&crate::args::Args::command(), "", &mut wanted);
        let without: Vec<_> = wanted.iter().filter(|(path, id)| line(path, id).is_none()).collect();
        assert!(without.is_empty(), "no translation: {without:?}");
        let is_used = |known: &&Line| wanted.iter().any(|(path, id)| line(path, id) == Some(known));
        let left_over: Vec<_> = TEXTS.iter().filter(|known| !is_used(known)).collect();
        assert!(left_over.is_empty(), "nothing has these: {left_over:?}");
    }

    #[test]
    fn help_speaks_german() {
        let help = translated(crate::args::Args::command(), Lang::De).render_help().to_string();
        assert!(help.contains("Der Ausguck"), "{help}");
    }
}
