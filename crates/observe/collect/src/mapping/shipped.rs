//! The pages that Vigie ships, sorted by name.

macro_rules! pages {
    ($($name:literal),* $(,)?) => {
        /// File name and text.
        pub(super) const PAGES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../../../content/parsers/json/", $name)))),*
        ];
    };
}

pages![
    "azure-activity.toml",
    "azure-flow.toml",
    "cloudtrail.toml",
    "docker-events.toml",
    "falco.toml",
    "gcp-audit.toml",
    "gcp-finding.toml",
    "gcp-load-balancer.toml",
    "gcp-network.toml",
    "generic.toml",
    "kubernetes-audit.toml",
    "kubernetes-event.toml",
    "vault-audit.toml",
    "windows.toml",
];
