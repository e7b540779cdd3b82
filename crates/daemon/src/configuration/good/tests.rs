// SPDX-License-Identifier: MIT
use super::*;
use aegis_policy::config::Given;

/// States of instances, and a file that is wrong.
struct Scene(PathBuf);

impl Scene {
    fn new(test: &str, good: &[(&str, &str)]) -> Self {
        let folder = format!("aegis-good-{test}-{}", std::process::id());
        let scene = Self(std::env::temp_dir().join(folder));
        for (instance, text) in good {
            let folder = scene.states().join(instance);
            fs::create_dir_all(&folder).expect("there is room for a folder");
            fs::write(folder.join(GOOD), text).expect("there is room for a file");
        }
        fs::create_dir_all(scene.states()).expect("there is room for a folder");
        fs::write(
            scene.file(),
            "interface = \"eth0\"\n[port_scan]\nprots = 9\n",
        )
        .expect("likewise");
        scene
    }

    fn states(&self) -> PathBuf {
        self.0.join("states")
    }

    fn file(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    fn start(&self, options: Vec<Given>) -> Result<Started, ConfigurationError> {
        let mut configuration = Configuration {
            options,
            ..Configuration::of_file(Some(self.file()))
        };
        configuration.start(&self.states(), |config| config.interfaces.first().cloned())
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn interface(name: &str) -> Given {
    Given::option("--iface", "interface", name).expect("it is one")
}

#[test]
fn the_last_good_file_of_the_instance_holds_under_the_options_of_now() {
    let eth0 = ("eth0", "interface = \"eth0\"\n[port_scan]\nports = 9\n");
    let eth1 = ("eth1", "[port_scan]\nports = 11\n");
    let scene = Scene::new("holds", &[eth0, eth1]);
    let started = scene.start(Vec::new()).expect("the file of eth0 was right");
    assert_eq!(started.effective.config().port_scan.ports, 9);
    let problem = started.fallback.expect("the file is wrong").problem();
    assert!(
        problem.contains("config.toml:3:1: there is no key port_scan.prots"),
        "{problem}"
    );
    assert!(problem.contains("`aegis-cli check`"), "{problem}");
    let started = scene
        .start(vec![interface("eth1")])
        .expect("that of eth1 was");
    assert_eq!(started.effective.config().port_scan.ports, 11);
}

#[test]
fn without_one_or_with_two_that_fit_or_one_that_is_wrong_itself_nothing_starts() {
    let none = Scene::new("none", &[("eth1", ""), ("eth0", "prots = 9")]);
    let error = none
        .start(vec![interface("eth0")])
        .expect_err("it was never right");
    assert!(error.to_string().contains("config.toml:3:1: "), "{error}");
    let two = Scene::new(
        "two",
        &[
            ("eth0", "interface = \"eth0\""),
            ("eth1", "interface = \"eth1\""),
        ],
    );
    assert!(two.start(Vec::new()).is_err());
    fs::remove_file(two.file()).expect("the test wrote it");
    let gone = two
        .start(vec![interface("eth0")])
        .expect_err("it was named");
    assert!(matches!(gone, ConfigurationError::Unreadable { .. }));
}

#[test]
fn a_right_file_needs_no_other() {
    let scene = Scene::new("right", &[("eth0", "prots = 9")]);
    fs::write(scene.file(), "interface = \"eth0\"").expect("the test's own");
    assert!(
        scene
            .start(Vec::new())
            .expect("it is right")
            .fallback
            .is_none()
    );
}
