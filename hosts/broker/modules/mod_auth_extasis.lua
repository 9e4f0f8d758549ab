-- Accounts with the SCRAM keys of SHA-1 and of SHA-256 side by side, and never the password.
-- Prosody's own internal_hashed keeps one hash only: SHA-1 shuts out what the thing prefers, SHA-256 shuts out @xmpp/client;
-- internal_plain offers both but keeps passwords in clear, and draws a new salt at each login, so a client can never reuse its keys.
-- No PLAIN: every client has SCRAM, so no password ever travels.

local hashers = require "util.sasl.scram".hashers;
local new_sasl = require "util.sasl".new;
local random = require "util.random".bytes;
local now = require "util.time".now;
local encodings = require "util.encodings";
local base64, saslprep = encodings.base64, encodings.stringprep.saslprep;

local accounts = module:open_store("accounts");
local host = module.host;
local iterations = 10000;
local mechanisms = { scram_sha_1 = "SHA-1", scram_sha_256 = "SHA-256" };

local provider = {};

local function account_of(password)
	password = saslprep(password);
	if not password or password == "" then
		return nil, "Password fails SASLprep.";
	end
	local account = { salt = base64.encode(random(16)), iteration_count = iterations, updated = now() };
	for profile, hash in pairs(mechanisms) do
		local valid, stored_key, server_key = hashers[hash](password, account.salt, iterations);
		if not valid then
			return nil, stored_key;
		end
		account[profile] = { stored_key = base64.encode(stored_key), server_key = base64.encode(server_key) };
	end
	return account;
end

local function store(username, password)
	local account, err = account_of(password);
	if not account then
		return nil, err;
	end
	return accounts:set(username, account);
end

-- Prosody 13 creates an account without a password, then gives it one, then enables it. Until it has one it does not exist,
-- so that a power cut in between leaves no name that nobody can have.
function provider.create_user(username, password)
	if password == nil then
		return accounts:set(username, { created = os.time() });
	end
	return store(username, password);
end

function provider.set_password(username, password)
	if not accounts:get(username) then
		return nil, "Account not available.";
	end
	return store(username, password);
end

function provider.user_exists(username)
	local account = accounts:get(username);
	if account and account.salt then
		return true;
	end
	return nil, "No such account.";
end

-- What was given to log in with in place of a password is void with it: mod_sasl2_fast asks when that was changed, and to the fraction of a second,
-- for a token may have been given in the same one.
function provider.get_account_info(username)
	local account = accounts:get(username);
	if account and account.salt then
		return { password_updated = account.updated, enabled = true };
	end
	return nil, "Account not available.";
end

function provider.is_enabled(username)
	return provider.user_exists(username);
end

function provider.enable(username)
	return provider.user_exists(username);
end

function provider.users()
	return accounts:users();
end

function provider.delete_user(username)
	return accounts:set(username, nil);
end

function provider.get_sasl_handler()
	local profile = {};
	for name in pairs(mechanisms) do
		profile[name] = function(_, username)
			local account = accounts:get(username);
			local keys = account and account[name];
			if not keys then
				return;
			end
			return base64.decode(keys.stored_key), base64.decode(keys.server_key), account.iteration_count, account.salt, true;
		end
	end
	return new_sasl(host, profile);
end

module:provides("auth", provider);
