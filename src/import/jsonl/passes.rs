//! From a file to the database: users first, then what else an export remembers, then tokens, in whatever
//! order the lines are.

use super::entry::{Entry, Evidence};
use super::exported;
use super::file::JsonlFile;
use super::identity::has_same_ids;
use super::remembered::{Deletion, Remembered};
use super::row::{OwnerOfToken, TokenLine};
use crate::domain::name::lookup_key;
use crate::domain::scheme::Scheme;
use crate::domain::token::Foreign;
use crate::import::error::{InvalidLine, Result};
use crate::import::importer::{
    FileContents, Importer, OwnerHere, SystemTokens, TokenLinks, TokenOrigin,
};
use crate::import::record::{Owner, RejectedRow, RowKey, SkipReason, SourceUser, UserFields};
use crate::store::ExportedToken;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Imports a file. `progress` is called with the number of lines that were read.
///
/// # Errors
///
/// When the file has changed, there is no owner for a token that names none, or the file or the
/// database cannot be read or written.
pub fn import(
    file: &JsonlFile,
    importer: &mut Importer,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let contents = file.contents();
    importer.describe_file(&FileContents {
        tokens: contents.tokens,
        has_clear_text: contents.clear > 0,
        unread: contents.unread.clone(),
    });
    begin(file, importer)?;
    let mut names = Names::default();
    if let Some(last) = contents.last_user {
        file.each(&mut |number, entry| {
            if let Entry::User { user, evidence } = entry {
                if contents.has_names {
                    names.add(&user);
                }
                add_user(importer, *user, evidence)?;
            }
            Ok(if number < last { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
    }
    if contents.remembered > 0 {
        remembered(file, importer)?;
    }
    let unnamed = default_owner(file, importer)?;
    let own = match contents.own_tokens {
        0 => None,
        _ => Some(importer.system_tokens(&Scheme::Sha256, "token", None)?),
    };
    let mut tokens = Tokens { file, importer, names, unnamed, own };
    file.each(&mut |number, entry| {
        match entry {
            Entry::User { .. } | Entry::Remembered(_) => {}
            Entry::Token(line) => tokens.own(number, *line)?,
            Entry::Exported { line, .. } => tokens.exported(number, *line)?,
        }
        progress(number);
        Ok(ControlFlow::Continue(()))
    })?;
    importer.link_tokens()
}

/// Finds out what the ids of an export mean here.
fn begin(file: &JsonlFile, importer: &mut Importer) -> Result<()> {
    let Some(ids) = file.contents().last_ids else { return Ok(()) };
    if importer.begin_copy(ids)? {
        return Ok(());
    }
    if let Some(last) = importer.copied_up_to()?
        && has_same_ids(file, importer.rows(), last)?
    {
        importer.share_ids(last);
    }
    Ok(())
}

/// What an export has besides users and tokens: before the tokens, because a deleted one must not come
/// back, and settings decide about them.
fn remembered(file: &JsonlFile, importer: &mut Importer) -> Result<()> {
    importer.begin_settings()?;
    file.each_remembered(&mut |number, line| {
        match line {
            Remembered::Start | Remembered::End(_) => {}
            Remembered::Relation(relation) => importer.take_relation(&relation)?,
            Remembered::Deletion(Deletion { hash, scheme, foreign_id, relation, was_revoked }) => {
                let row = (relation.as_ref(), foreign_id.as_str());
                importer.take_deletion(&hash, &scheme, row, was_revoked)?;
            }
            Remembered::Origin { origin, user_id, is_refused } => {
                let user = user_id.map(exported::user_key);
                if !importer.take_origin(&origin, user.as_ref(), is_refused)? {
                    return Err(file.invalid(number, InvalidLine::UnknownOwner));
                }
            }
            Remembered::Setting(setting, value) => importer.take_setting(setting, &value)?,
        }
        Ok(())
    })?;
    importer.end_settings()
}

fn add_user(importer: &mut Importer, user: SourceUser, evidence: Option<Evidence>) -> Result<()> {
    let key = user.key.clone();
    importer.user(Ok(user))?;
    if let Some(Evidence { birth, identity }) = evidence {
        importer.remember(&key, &birth)?;
        if let Some(identity) = identity {
            importer.remember(&key, &identity)?;
        }
    }
    Ok(())
}

/// The owner of tokens whose lines name none: the user who owns such tokens here, but no
/// administrator unless the operator says so. `None`: every token has an owner.
fn default_owner(file: &JsonlFile, importer: &mut Importer) -> Result<Option<RowKey>> {
    let Some(line) = file.contents().first_unnamed else { return Ok(None) };
    let name = match &file.options().default_owner {
        Some(name) => Some(name.clone()),
        None => importer.default_user()?,
    };
    let Some(name) = name else { return Err(file.invalid(line, InvalidLine::NoOwner)) };
    if !importer.has_user(&name)? {
        return Err(file.invalid(line, InvalidLine::NoSuchOwner(name)));
    }
    let key = RowKey { table: "default owner".into(), id: String::new() };
    // The operator means the user of that name here.
    let fields = UserFields { name: Some(name), shares_names: true, ..UserFields::default() };
    importer.default_owner(&SourceUser { key: key.clone(), fields })?;
    Ok(Some(key))
}

/// The users of the file by name and by e-mail address; `None` for those that several have.
#[derive(Default)]
struct Names {
    by_name: HashMap<String, Option<RowKey>>,
    by_email: HashMap<String, Option<RowKey>>,
}

impl Names {
    fn add(&mut self, user: &SourceUser) {
        let SourceUser { key, fields } = user;
        let add = |map: &mut HashMap<_, _>, text: String| {
            map.entry(text).and_modify(|found| *found = None).or_insert_with(|| Some(key.clone()));
        };
        if let Some(name) = &fields.name {
            add(&mut self.by_name, lookup_key(name));
        }
        if let Some(email) = &fields.email {
            add(&mut self.by_email, lookup_key(email));
        }
    }
}

/// The tokens of a file, under way.
struct Tokens<'i, 'a> {
    file: &'i JsonlFile<'i>,
    importer: &'i mut Importer<'a>,
    names: Names,
    /// The owner of tokens that name none.
    unnamed: Option<RowKey>,
    /// What the tokens have in common that no export has.
    own: Option<SystemTokens>,
}

impl Tokens<'_, '_> {
    /// A token that was not exported.
    fn own(&mut self, number: u64, line: TokenLine) -> Result<()> {
        let Some(own) = self.own else { return Ok(()) };
        let TokenLine { mut token, owner, rejected, .. } = line;
        token.owner = self.owner(owner).map_err(|why| self.file.invalid(number, why))?;
        let token = match rejected {
            None => Ok(token),
            Some(why) => Err(RejectedRow { key: token.key, hash: Some(token.hash), why }),
        };
        self.importer.token(token, own)
    }

    fn owner(&self, owner: OwnerOfToken) -> std::result::Result<Owner, InvalidLine> {
        let found = |map: &HashMap<String, Option<RowKey>>, user: SourceUser, key| match map
            .get(&user.key.id)
        {
            Some(Some(row)) => Ok(Owner::Row(row.clone())),
            Some(None) => Err(InvalidLine::SeveralOwners(key)),
            None => Ok(Owner::User(user)),
        };
        match owner {
            OwnerOfToken::Name(user) => found(&self.names.by_name, user, "user"),
            OwnerOfToken::Email(user) => found(&self.names.by_email, user, "email"),
            // Without a name, the user must have a line.
            OwnerOfToken::Id(user) => match (&user.fields.name, &user.fields.email) {
                (None, None) => Ok(Owner::Row(user.key)),
                _ => Ok(Owner::User(user)),
            },
            OwnerOfToken::Unnamed => match &self.unnamed {
                Some(row) => Ok(Owner::Row(row.clone())),
                None => Err(InvalidLine::NoOwner),
            },
        }
    }

    fn exported(&mut self, number: u64, line: ExportedToken) -> Result<()> {
        let invalid = |why| self.file.invalid(number, why);
        let key = exported::token_key(line.id);
        let links = TokenLinks {
            id: line.id,
            is_named: self.file.contents().linked.contains(&line.id),
            replaces: line.replaces,
            replaced_by: line.replaced_by,
        };
        let scheme = exported::scheme(&line).map_err(invalid)?;
        let (user_id, admin, end) =
            match self.importer.owner_here(&exported::user_key(line.user_id)) {
                None => return Err(invalid(InvalidLine::UnknownOwner)),
                Some(OwnerHere::User { id, admin, end }) => (id, admin, end),
                Some(OwnerHere::Removed) => {
                    return self.importer.skip_token(key, SkipReason::OwnerRemoved);
                }
                Some(OwnerHere::Unreadable(error)) => {
                    return self.importer.skip_token(key, SkipReason::UnreadableOwner(*error));
                }
            };
        let foreign = match (&scheme, line.foreign_id.clone()) {
            (Some(scheme), Some(id)) => {
                let scheme_id = self.importer.scheme_id(scheme)?;
                let relation = line.relation.as_ref();
                let relation_id =
                    relation.map(|relation| self.importer.relation_id(relation)).transpose()?;
                Some(Foreign { scheme_id, relation_id, id })
            }
            _ => None,
        };
        let revoked = end.as_ref().and_then(|end| end.revoked.clone());
        let revocation = exported::revocation(&line)
            .or_else(|| revoked.map(|why| self.importer.revocation(why)));
        let line_is_revoked = line.revoked_at.is_some();
        let life = self.file.options().expiration;
        let mut token = exported::token(line, user_id, foreign, life).map_err(invalid)?;
        token.revocation = revocation;
        if token.scopes.are_too_many() {
            return self.importer.skip_token(key, SkipReason::TooManyScopes);
        }
        let origin = TokenOrigin {
            owner_is_admin: admin,
            id_is_in_secret: scheme.is_some_and(|scheme| scheme.has_id_in_secret()),
            has_creation: true,
            has_ended: line_is_revoked,
            exported: Some(Box::new(links)),
            has_clean_name: true,
            ..TokenOrigin::default()
        };
        self.importer.put_token(&key, token, origin)
    }
}
