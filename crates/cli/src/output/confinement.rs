// SPDX-License-Identifier: MIT
//! What the daemon may do.

use aegis_api::{Confinement, CourierSight};

/// One line each for the daemon, who looks for login sessions, and who fetches.
pub fn render(found: &Confinement) -> String {
    let held = capabilities(&found.capabilities);
    let privileges = match found.mode.as_str() {
        "off" => format!("no (a prompt, or `confine` is off), {held}"),
        _ => {
            let parts = parts(found.no_new_privs, found.seccomp, found.landlock);
            format!("{held}, {parts}")
        }
    };
    format!(
        "confined: {privileges}\nlogin sessions: {}\nfetching: {}",
        sessions(found),
        fetching(&found.courier)
    )
}

fn parts(no_new_privs: bool, seccomp: bool, landlock: bool) -> String {
    let parts = [
        (no_new_privs, "no new privileges"),
        (seccomp, "system calls filtered"),
        (landlock, "files by Landlock"),
    ];
    let in_force = |(holds, name): (bool, &str)| match holds {
        true => name.to_owned(),
        false => format!("NOT {name}"),
    };
    parts.map(in_force).join(", ")
}

/// More than a handful are too many to read.
fn capabilities(held: &[String]) -> String {
    match held {
        [] => "no capabilities".to_owned(),
        few if few.len() <= 5 => few.join(" "),
        many => format!("{} capabilities", many.len()),
    }
}

fn fetching(courier: &CourierSight) -> String {
    let who = match courier.process {
        Some(process) => {
            let user = courier.user.map_or("?".to_owned(), |user| user.to_string());
            let held = capabilities(&courier.capabilities);
            let parts = parts(courier.no_new_privs, courier.seccomp, courier.landlock);
            format!("by process {process}, user {user}, {held}, {parts}")
        }
        None if courier.problem.is_some() => "by nobody".to_owned(),
        None => "by the daemon itself".to_owned(),
    };
    match &courier.problem {
        Some(problem) => format!("{who}, AMISS: {problem}"),
        None => who,
    }
}

fn sessions(found: &Confinement) -> String {
    let who = match found.sessions.witness {
        Some(pid) => format!("seen by process {pid}"),
        None => "seen by the daemon itself".to_owned(),
    };
    match &found.sessions.problem {
        Some(problem) => format!("{who}, MAY BE OVERLOOKED: {problem}"),
        None => who,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_api::{CourierSight, SessionSight};

    fn confined() -> Confinement {
        let kept = ["CAP_NET_ADMIN", "CAP_BPF"].map(str::to_owned).to_vec();
        Confinement {
            mode: "auto".to_owned(),
            capabilities: kept.clone(),
            bounding: kept,
            no_new_privs: true,
            seccomp: true,
            landlock: true,
            sessions: SessionSight {
                witness: Some(7),
                problem: None,
            },
            courier: CourierSight {
                process: Some(8),
                user: Some(65_534),
                no_new_privs: true,
                seccomp: true,
                landlock: true,
                ..CourierSight::default()
            },
        }
    }

    #[test]
    fn what_holds_is_told_and_what_does_not_stands_out() {
        let text = "confined: CAP_NET_ADMIN CAP_BPF, no new privileges, system calls filtered, files \
                    by Landlock\nlogin sessions: seen by process 7\nfetching: by process 8, user \
                    65534, no capabilities, no new privileges, system calls filtered, files by Landlock";
        assert_eq!(render(&confined()), text);
        let without = Confinement {
            landlock: false,
            ..confined()
        };
        assert!(render(&without).contains(", NOT files by Landlock\n"));
    }

    #[test]
    fn a_courier_that_is_gone_stands_out() {
        let courier = CourierSight {
            problem: Some("it is gone".to_owned()),
            ..CourierSight::default()
        };
        let gone = Confinement {
            courier,
            ..confined()
        };
        assert!(render(&gone).ends_with("\nfetching: by nobody, AMISS: it is gone"));
    }

    #[test]
    fn without_confinement_that_is_said() {
        let capabilities = vec!["CAP_X".to_owned(); 41];
        let sessions = SessionSight {
            witness: None,
            problem: Some("why".to_owned()),
        };
        let off = Confinement {
            mode: "off".to_owned(),
            capabilities,
            sessions,
            ..Confinement::default()
        };
        let text = "confined: no (a prompt, or `confine` is off), 41 capabilities\n\
                    login sessions: seen by the daemon itself, MAY BE OVERLOOKED: why\n\
                    fetching: by the daemon itself";
        assert_eq!(render(&off), text);
    }
}
