-- Prosody ends with the process that started it, even if that was killed: then its end of our standard input closes.

module:set_global();

local server = require "net.server";

server.watchfd(0, function(input)
	input:close();
	-- A shutdown waits for its clients, which only the main thread may.
	prosody.main_thread:run(function ()
		prosody.shutdown("The box is gone");
	end);
end);
