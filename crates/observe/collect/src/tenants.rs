//! Whose records come from where: said by whoever runs the program, never by a record.

use std::collections::BTreeMap;
use std::str::FromStr;
use vigie_model::event::{LABEL_MAX, Label, Labels};

/// The tenants of what comes in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenants {
    /// Of everything that is not named below; without it, nobody's in particular.
    all: Option<Box<str>>,
    /// Of what comes with a token, by the token's name.
    of_senders: BTreeMap<Box<str>, Box<str>>,
}

/// One of them, written `TENANT` for everything or `TOKEN=TENANT` for what comes with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantOf {
    sender: Option<Box<str>>,
    tenant: Box<str>,
}

/// A text does not say a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("TENANT or TOKEN=TENANT, at most {LABEL_MAX} bytes each")]
pub struct NotATenant;

impl FromStr for TenantOf {
    type Err = NotATenant;

    fn from_str(text: &str) -> Result<Self, NotATenant> {
        let (sender, tenant) = match text.split_once('=') {
            Some((sender, tenant)) => (Some(sender.trim()), tenant.trim()),
            None => (None, text.trim()),
        };
        let sound = |name: &str| !name.is_empty() && name.len() <= LABEL_MAX;
        if sound(tenant) && sender.is_none_or(sound) {
            Ok(Self { sender: sender.map(Box::from), tenant: tenant.into() })
        } else {
            Err(NotATenant)
        }
    }
}

impl FromIterator<TenantOf> for Tenants {
    /// What is said last counts.
    fn from_iter<I: IntoIterator<Item = TenantOf>>(all: I) -> Self {
        let mut tenants = Self::default();
        for TenantOf { sender, tenant } in all {
            match sender {
                Some(sender) => drop(tenants.of_senders.insert(sender, tenant)),
                None => tenants.all = Some(tenant),
            }
        }
        tenants
    }
}

impl Tenants {
    /// The labels of what a sender brings; an empty name is nobody with a token.
    #[must_use]
    pub fn labels(&self, sender: &str) -> Labels {
        let tenant = self.of_senders.get(sender).or(self.all.as_ref());
        tenant.map(|tenant| (Label::Tenant, &**tenant)).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_its_own_tenant_or_everybodys() {
        let tenants = |said: &[&str]| said.iter().map(|text| text.parse::<TenantOf>().unwrap()).collect::<Tenants>();
        let of = |tenants: &Tenants, sender: &str| tenants.labels(sender).get(Label::Tenant).map(str::to_owned);
        let both = tenants(&["acme", "shop-beats = shop", "x=a=b"]);
        assert_eq!(of(&both, ""), Some("acme".to_owned()));
        assert_eq!(of(&both, "shop-beats"), Some("shop".to_owned()));
        assert_eq!(of(&both, "x"), Some("a=b".to_owned()));
        assert_eq!(of(&tenants(&[]), ""), None);
        for wrong in ["", " ", "=a", "a=", &"x".repeat(256)] {
            assert_eq!(wrong.parse::<TenantOf>(), Err(NotATenant), "{wrong}");
        }
    }
}
