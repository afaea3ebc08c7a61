//! Checks over the age of the system. Time is the time at which the facts were taken.

use super::facts::{evidence, on_all, on_seen, with};
use vigie_catalogue::lifecycle;
use vigie_model::host::HostFacts;
use vigie_model::text;
use vigie_model::verdict::Verdict;

/// Days after which package lists are too old to tell of updates.
const LISTS_AGE_MAX_DAYS: i64 = 7;

/// The distribution gets no more security fixes.
pub(crate) fn update_end_of_life(facts: &HostFacts) -> Verdict {
    with(&facts.os, &text!(en "distribution", fr "distribution", de "Distribution"), |os| {
        let name = &os.pretty_name;
        let Some(life) = lifecycle::end_of_life(os) else {
            return Verdict::unknown(text!(
                en "the end of life of {name} is not known",
                fr "la fin de vie de {name} n’est pas connue",
                de "das Ende der Unterstützung von {name} ist nicht bekannt",
            ));
        };
        let ended = life.standard_until.filter(|until| facts.taken_at.day() > *until);
        let proof = ended.map(|until| evidence(&os.id, "/etc/os-release", format!("{name}: {until}"), ""));
        Verdict::from_evidence(proof.into_iter().collect())
    })
}

/// Security updates wait to be installed.
pub(crate) fn update_pending_security(facts: &HostFacts) -> Verdict {
    on_all(&facts.pending_updates, &text!(en "package lists", fr "listes de paquets", de "Paketlisten"), |updates| {
        let security: Vec<_> = updates.iter().filter(|update| update.security).collect();
        if security.is_empty() {
            return Vec::new();
        }
        // One finding, not one for each package: what is wrong is that nobody updates.
        let named: Vec<String> =
            security.iter().map(|update| format!("{} {} → {}", update.package, update.installed, update.candidate)).collect();
        vec![evidence("security updates", "", named.join("\n"), "0")]
    })
}

/// The package lists are so old that waiting updates are not even known.
pub(crate) fn update_stale_package_lists(facts: &HostFacts) -> Verdict {
    on_seen(&facts.last_list_refresh, &text!(en "package lists", fr "listes de paquets", de "Paketlisten"), |refreshed| {
        let days = facts.taken_at.since(*refreshed) / 86_400_000_000;
        if days <= LISTS_AGE_MAX_DAYS {
            return Vec::new();
        }
        vec![evidence("package lists", "", format!("{} ({days} d)", refreshed.day()), format!("≤ {LISTS_AGE_MAX_DAYS} d"))]
    })
}

/// Updates are installed and not in use until the next start.
pub(crate) fn update_restart_due(facts: &HostFacts) -> Verdict {
    on_seen(&facts.reboot_required, &text!(en "restart note", fr "avis de redémarrage", de "Neustarthinweis"), |reboot| {
        if !reboot.required {
            return Vec::new();
        }
        vec![evidence("reboot", "/run/reboot-required", reboot.packages.join(", "), "")]
    })
}
