//! `show`: all that is known of one token.

use super::{Context, token_key};
use crate::cli::Show;
use crate::error::Result;
use crate::when::Timestamp;

pub fn run(args: Show, context: &mut Context) -> Result<()> {
    let key = token_key(args.token)?;
    let store = context.open()?;
    let rules = store.settings()?.rules(Timestamp::now())?;
    context.out.one(&store.token(&key, &rules)?)
}
