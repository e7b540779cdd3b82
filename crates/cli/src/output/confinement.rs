// SPDX-License-Identifier: MIT
//! What the daemon may do.

use aegis_api::Confinement;

/// One line; two where sessions of administrators could be overlooked.
pub fn render(found: &Confinement) -> String {
    let privileges = match found.mode.as_str() {
        "off" => format!(
            "no (a prompt, or `confine` is off), {}",
            capabilities(found)
        ),
        _ => {
            let parts = [
                (found.no_new_privs, "no new privileges"),
                (found.seccomp, "system calls filtered"),
                (found.landlock, "files by Landlock"),
            ];
            let in_force = |(holds, name): (bool, &str)| match holds {
                true => name.to_owned(),
                false => format!("NOT {name}"),
            };
            let parts = parts.map(in_force).join(", ");
            format!("{}, {parts}", capabilities(found))
        }
    };
    format!(
        "confined: {privileges}\nlogin sessions: {}",
        sessions(found)
    )
}

/// More than a handful are too many to read.
fn capabilities(found: &Confinement) -> String {
    match found.capabilities.as_slice() {
        [] => "no capabilities".to_owned(),
        few if few.len() <= 5 => few.join(" "),
        many => format!("{} capabilities", many.len()),
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
    use aegis_api::SessionSight;

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
        }
    }

    #[test]
    fn what_holds_is_told_and_what_does_not_stands_out() {
        let text = "confined: CAP_NET_ADMIN CAP_BPF, no new privileges, system calls filtered, files \
                    by Landlock\nlogin sessions: seen by process 7";
        assert_eq!(render(&confined()), text);
        let without = Confinement {
            landlock: false,
            ..confined()
        };
        assert!(render(&without).contains(", NOT files by Landlock\n"));
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
                    login sessions: seen by the daemon itself, MAY BE OVERLOOKED: why";
        assert_eq!(render(&off), text);
    }
}
