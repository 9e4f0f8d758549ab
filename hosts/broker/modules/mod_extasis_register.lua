-- In-band registration (XEP-0077) by signed forms (XEP-0348). Decides nothing: hands what was submitted to the box's component
-- and waits (the iqs are documented in keys.ts); without an answer there is no account. Tells it of accounts that are gone, too, until it has
-- heard. The rest is mod_register_ibr's.

local st = require "util.stanza";
local async = require "util.async";
local new_id = require "util.id".medium;
local nodeprep = require "util.encodings".stringprep.nodeprep;
local user_exists = require "core.usermanager".user_exists;

local office = module:get_option_string("extasis_office");
local patience = module:get_option_number("extasis_patience", 10);
local ns_keys, ns_register, ns_forms = "urn:extasis:keys:0", "jabber:iq:register", "jabber:x:data";

module:depends("register_ibr");
module:add_feature("urn:xmpp:xdata:signature:oauth1");

-- The answer, or nil and an error with type, condition and text.
local function ask(iq)
	if not office or not async.ready() then
		return nil, {};
	end
	local answer, err = async.wait_for(module:send_iq(iq, nil, patience));
	if not answer then
		return nil, err or {};
	end
	local stanza = answer.stanza;
	-- Prosody's own bounce, when the component is away, comes as if it were an answer.
	if stanza.attr.type ~= "result" then
		local kind, condition, text = stanza:get_error();
		return nil, { type = kind, condition = condition, text = text };
	end
	return stanza;
end

local function request(kind, name, attr)
	attr.xmlns = ns_keys;
	return st.iq({ type = kind, from = module.host, to = office, id = new_id() }):tag(name, attr);
end

-- Names of accounts that are gone and that the component has not heard of yet; kept over a restart.
local store = module:open_store("extasis_gone");
local gone = store:get(nil) or {};
local telling = false;

local function tell_next()
	local user = next(gone);
	if not user or not office or telling then
		return;
	end
	telling = true;
	local function again()
		telling = false;
		module:add_timer(patience, tell_next);
	end
	module:send_iq(request("set", "removal", { user = user }), nil, patience):next(function (answer)
		-- A bounce, as above.
		if answer.stanza.attr.type ~= "result" then
			return again();
		end
		telling = false;
		gone[user] = nil;
		store:set(nil, gone);
		tell_next();
	end, again):catch(again);
end

local function forget(user)
	if gone[user] then
		gone[user] = nil;
		store:set(nil, gone);
	end
end

module:hook_global("user-deleted", function (event)
	if event.host == module.host then
		gone[event.username] = true;
		store:set(nil, gone);
		tell_next();
	end
end);

-- Once the component can have come.
module:add_timer(1, tell_next);

local function refuse(session, stanza, err)
	-- Component away, too slow, or gone wrong: the thing may come again.
	local condition = err.condition;
	if not condition or err.type == "wait" or condition == "service-unavailable" or condition == "internal-server-error" then
		local text = condition == "resource-constraint" and err.text or "Accounts cannot be made now.";
		err = { type = "wait", condition = "resource-constraint", text = text };
	end
	session.send(st.error_reply(stanza, err.type, err.condition, err.text));
	return true;
end

local function value_of(form, name)
	for field in form:childtags("field") do
		if field.attr.var == name then
			return field:get_child_text("value");
		end
	end
end

module:hook("stanza/iq/jabber:iq:register:query", function (event)
	local session, stanza = event.origin, event.stanza;
	if session.type ~= "c2s_unauthed" or not session.secure then
		-- mod_register_ibr refuses both.
		return;
	end
	local query = stanza.tags[1];
	if stanza.attr.type == "get" then
		local answer, err = ask(request("get", "registration", {}));
		local registration = answer and answer:get_child("registration", ns_keys);
		if not registration then
			return refuse(session, stanza, err or {});
		end
		if registration.attr.signed == "false" then
			return;
		end
		local reply = st.reply(stanza):tag("query", { xmlns = ns_register });
		reply:text_tag("instructions", "Sign the form with your API key (XEP-0348).");
		reply:add_child(registration:get_child("x", ns_forms));
		session.send(reply);
		return true;
	end
	if query:get_child("remove") then
		return;
	end
	local form = query:get_child("x", ns_forms);
	local username = form and value_of(form, "username") or not form and query:get_child_text("username");
	local password = form and value_of(form, "password") or not form and query:get_child_text("password");
	local user = username and nodeprep(username, true);
	if not user or user == "" or not password or password == "" then
		return refuse(session, stanza, { type = "modify", condition = "not-acceptable", text = "A name and a password are wanted." });
	end
	local iq = request("set", "registration", { user = user, taken = user_exists(user, module.host) and "true" or "false", to = stanza.attr.to });
	if form then
		iq:add_child(st.clone(form));
	end
	local answer, err = ask(iq);
	if not answer then
		return refuse(session, stanza, err);
	end
	session.extasis_registering = user;
	-- It is back, and counted: that it was gone must not be told any more.
	forget(user);
	-- What was approved and nothing else is what mod_register_ibr gets to read.
	query:maptags(function () return nil; end);
	query:text_tag("username", user, { xmlns = ns_register }):text_tag("password", password, { xmlns = ns_register });
end, 100);

-- Whatever way leads here: no account but the one that was approved.
module:hook("user-registering", function (event)
	local approved = event.session and event.session.extasis_registering;
	if event.session then
		event.session.extasis_registering = nil;
	end
	if approved == nil or approved ~= event.username then
		event.allowed, event.error_type, event.error_condition, event.reason = false, "cancel", "not-allowed", "Nobody has approved this account.";
	end
end, 100);
