// SPDX-License-Identifier: MIT
//! Options that hold for a line because they were given before it.

use super::GlobalOptions;

impl GlobalOptions {
    /// These, and where they say nothing, those that were given before. Whoever names an interface
    /// or a daemon means no other.
    #[must_use]
    pub fn after(self, standing: &Self) -> Self {
        // Whole, so that an option that is added is not forgotten here.
        let Self {
            interfaces,
            instance,
            json,
            no_tc,
            tc_mode,
            xdp_mode,
            config,
            set,
            load_feeds,
            ebpf_path,
            tc_path,
        } = self;
        let standing = standing.clone();
        let (interfaces, instance) = if interfaces.is_empty() && instance.is_none() {
            (standing.interfaces, standing.instance)
        } else {
            (interfaces, instance)
        };
        Self {
            interfaces,
            instance,
            json: json || standing.json,
            no_tc: no_tc || standing.no_tc,
            tc_mode: tc_mode.or(standing.tc_mode),
            xdp_mode: xdp_mode.or(standing.xdp_mode),
            config: config.or(standing.config),
            set: [standing.set, set].concat(),
            load_feeds: load_feeds || standing.load_feeds,
            ebpf_path: ebpf_path.or(standing.ebpf_path),
            tc_path: tc_path.or(standing.tc_path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(instance: Option<&str>, interfaces: &[&str]) -> GlobalOptions {
        GlobalOptions {
            instance: instance.map(str::to_owned),
            interfaces: interfaces.iter().map(|name| (*name).to_owned()).collect(),
            ..GlobalOptions::default()
        }
    }

    #[test]
    fn what_was_given_before_holds_where_nothing_else_is_said() {
        let standing = GlobalOptions {
            json: true,
            set: vec!["port_scan.ports=9".to_owned()],
            ..options(Some("edge"), &["eth0"])
        };
        let plain = GlobalOptions::default().after(&standing);
        assert_eq!(plain.instance.as_deref(), Some("edge"));
        assert!(plain.json && plain.interfaces == ["eth0"]);
        assert_eq!(plain.set, standing.set);
    }

    #[test]
    fn another_daemon_is_another_daemon() {
        let standing = options(Some("edge"), &["eth0"]);
        let other = options(None, &["wg0"]).after(&standing);
        assert_eq!(
            (other.instance, other.interfaces),
            (None, vec!["wg0".to_owned()])
        );
        let named = options(Some("core"), &[]).after(&standing);
        assert_eq!(
            (named.instance.as_deref(), named.interfaces.len()),
            (Some("core"), 0)
        );
    }
}
