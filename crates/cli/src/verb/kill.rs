// SPDX-License-Identifier: MIT
//! `kill`: ends connections.

use crate::arguments::{GlobalOptions, Kill};
use crate::failure::{Failure, exit};
use crate::output::{self, flows};
use crate::{session, target};
use aegis_api::{FlowFilter, KillRequest};

/// Takes effect at the next packet.
pub async fn run(options: &GlobalOptions, arguments: &Kill) -> Result<u8, Failure> {
    let request = request(arguments)?;
    let answer = options.client()?.kill(&request).await?;
    output::answer(options.json, &answer, || flows::killed(&answer))?;
    Ok(exit::DONE)
}

fn request(arguments: &Kill) -> Result<KillRequest, Failure> {
    let filter = target::filter(&arguments.filter)?;
    match (&arguments.flow, filter == FlowFilter::default()) {
        (None, true) => Err(Failure::usage(
            "nothing says which connections; name one as `aegis-cli flows` does, or filter: kill --peer ADDR",
        )),
        (Some(_), false) => Err(Failure::usage(
            "one connection needs no filter; leave either of them out",
        )),
        _ => Ok(KillRequest {
            id: arguments.flow.clone(),
            filter,
            session_peer: session::peer(),
            force: arguments.force,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::FilterArguments;

    fn kill(flow: Option<&str>, peer: Option<&str>) -> Kill {
        Kill {
            flow: flow.map(str::to_owned),
            filter: FilterArguments {
                peer: peer.map(str::to_owned),
                ..FilterArguments::default()
            },
            force: false,
        }
    }

    #[test]
    fn killing_everything_by_saying_nothing_is_not_possible() {
        for wrong in [kill(None, None), kill(Some("tcp/x"), Some("192.0.2.1"))] {
            let failure = request(&wrong).expect_err("which?");
            assert_eq!(failure.exit_code(), exit::USAGE, "{failure}");
        }
        assert!(request(&kill(None, Some("192.0.2.1"))).is_ok());
        assert!(request(&kill(Some("tcp/192.0.2.1:5/192.0.2.2:22"), None)).is_ok());
    }
}
