/* The OpenCores Ethernet MAC of the emulated chip for link.ts, with DHCP, by ESP-IDF's driver. */
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include "esp_eth.h"
#include "esp_eth_mac_openeth.h"
#include "esp_event.h"
#include "esp_mac.h"
#include "esp_netif.h"

/* The MAC is there once, and so is this. */
static xsMachine* machine;
static xsSlot callback;

/* In the machine's task. */
static void deliver(void* the, void* unused, uint8_t* up, uint16_t length)
{
	xsBeginHost(the);
		xsCallFunction1(callback, xsGlobal, *up ? xsTrue : xsFalse);
	xsEndHost(the);
}

/* In the task of the events. */
static void onEvent(void* unused, esp_event_base_t base, int32_t event, void* data)
{
	uint8_t up = base == IP_EVENT && event == IP_EVENT_ETH_GOT_IP;
	modMessagePostToMachine(machine, &up, sizeof(up), deliver, NULL);
}

static esp_err_t start(void)
{
	uint8_t address[6];
	esp_eth_handle_t driver;
	eth_mac_config_t mac = ETH_MAC_DEFAULT_CONFIG();
	eth_phy_config_t phy = ETH_PHY_DEFAULT_CONFIG();
	/* There is no wire: nothing to reset, and nothing to wait for. */
	phy.reset_gpio_num = -1;
	phy.autonego_timeout_ms = 100;
	esp_eth_config_t config = ETH_DEFAULT_CONFIG(esp_eth_mac_new_openeth(&mac), esp_eth_phy_new_generic(&phy));
	esp_netif_config_t network = ESP_NETIF_DEFAULT_ETH();
	esp_err_t error = esp_netif_init();
	if (!error)
		error = esp_event_loop_create_default();
	if (!error)
		error = esp_eth_driver_install(&config, &driver);
	if (!error)
		error = esp_read_mac(address, ESP_MAC_ETH);
	if (!error)
		error = esp_eth_ioctl(driver, ETH_CMD_S_MAC_ADDR, address);
	if (!error) {
		esp_netif_t* netif = esp_netif_new(&network);
		error = netif ? esp_netif_attach(netif, esp_eth_new_netif_glue(driver)) : ESP_ERR_NO_MEM;
	}
	if (!error)
		error = esp_event_handler_register(IP_EVENT, IP_EVENT_ETH_GOT_IP, onEvent, NULL);
	if (!error)
		error = esp_event_handler_register(IP_EVENT, IP_EVENT_ETH_LOST_IP, onEvent, NULL);
	if (!error)
		error = esp_event_handler_register(ETH_EVENT, ETHERNET_EVENT_DISCONNECTED, onEvent, NULL);
	return error ? error : esp_eth_start(driver);
}

void xs_extasis_openeth(xsMachine* the)
{
	if (machine)
		xsUnknownError("the link is open");
	machine = the;
	callback = xsArg(0);
	xsRemember(callback);
	esp_err_t error = start();
	if (error)
		xsUnknownError("no Ethernet: error 0x%x", (int)error);
}
