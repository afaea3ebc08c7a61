//! The pages that Vigie ships, sorted by name.

macro_rules! pages {
    ($($name:literal),* $(,)?) => {
        /// File name and text.
        pub(super) const PAGES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../../../content/parsers/json/", $name)))),*
        ];
    };
}

pages!["cloudtrail.toml", "generic.toml", "kubernetes-audit.toml",];
