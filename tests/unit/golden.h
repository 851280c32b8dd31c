/*
 * Golden packets: what clients of several makers send, byte for byte, in
 * names, keys and addresses made up for tests. Expectations are the tests'.
 */
#ifndef IPMSG_TESTS_GOLDEN_H
#define IPMSG_TESTS_GOLDEN_H

#include "base/span.h"

/* A literal as bytes, without the NUL that the compiler adds. */
#define BYTES(literal) ((struct span){(const unsigned char *)(literal), sizeof(literal) - 1})

/* BR_ENTRY: CP932 names up front, the same in UTF-8 in the key block. */
#define G01 \
	"1:1700000001:alice:ALPHA:16777217:\x83""A\x83\x8a\x83X\0\x8aJ\x94\xad\0" \
	"\nUN:alice\nHN:ALPHA\nNN:\xe3\x82\xa2\xe3\x83\xaa\xe3\x82\xb9" \
	"\nGN:\xe9\x96\x8b\xe7\x99\xba\nVS:00010002:4:99:103"

/* BR_ENTRY of a client of the first days: no group, no block. */
#define G02 "1:100:alice:alpha:1:alice\0"

/* ANSENTRY in UTF-8; its block holds the version only. */
#define G03 \
	"1:1700000003:bob:BETA:25165827:" \
	"\xe3\x83\x9c\xe3\x83\x96\0\xe5\x96\xb6\xe6\xa5\xad\0" \
	"\nVS:00010002:4:99:103"

/* BR_ABSENCE: away, on a dial-up line. */
#define G04 \
	"1:1700000004:alice:ALPHA:16843012:Alice[lunch]\0Dev\0" \
	"\nUN:alice\nHN:ALPHA\nNN:Alice[lunch]\nGN:Dev\nVS:00010002:4:99:103"

/* BR_EXIT of somebody without a group, so two NULs before the block. */
#define G05 \
	"1:1700000005:alice:ALPHA:16777218:Alice\0\0" \
	"\nUN:alice\nHN:ALPHA\nNN:Alice\nGN:\nVS:00010002:4:99:103"

/* SENDMSG that asks for a receipt. */
#define G06 "1:1700000006:alice:ALPHA:288:Hello\0"

/* RECVMSG, the receipt. */
#define G07 "1:1700000100:bob:BETA:33:1700000006\0"

/* G06 once more, with the 64 NULs that official clients append to their last resends. */
#define NUL16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define G08 G06 NUL16 NUL16 NUL16 NUL16

/* A sealed message whose opening is to be confirmed, */
#define G10a "1:1700000011:alice:ALPHA:1049376:for your eyes\0"

/* its READMSG, */
#define G10b "1:1700000101:bob:BETA:1048624:1700000011\0"

/* and the ANSREADMSG to that. */
#define G10c "1:1700000012:alice:ALPHA:50:1700000101\0"

/* BR_ENTRY of iptux: text after the version, icon and codeset after the group. */
#define G11 "1_iptux 0.9.4:2:carol:gamma:257:Carol\0Group\0icon-tux.png\0utf-8\0"

/* iptux shares files: bit 31 of the command word, no body. */
#define G11b "1_iptux 0.9.4:3:carol:gamma:2149580832:\0""0:pub.txt:5:65535500:1:\a\0"

/* ANSLIST of two hosts, the second of which has left. */
#define G13 \
	"1:1700000014:bob:BETA:19:    0\a    2\a" \
	"alice\aALPHA\a16777216\a192.0.2.10\a30985\aAlice\aDev\a" \
	"eve\aEPS\a0\a192.0.2.1\a16796\a\b\a\b\a\0"

/* GETPUBKEY and */
#define G14a "1:1700000016:alice:ALPHA:114:65920006\0"

/* ANSPUBKEY. */
#define G14b \
	"1:1700000102:bob:BETA:115:65920006:10001-9ddd85cab2f8860bdc959538efcdd9ae9c8b156f749" \
	"5496af997edbfc4361ab0fe3a7bd40fd99cba9042f6c7b04707535672daf3e124a2851ca62ad29e9716c" \
	"2e9bb251828b69a7d7e9d96b4ec1df96f718027874a8a354b169f4257e728999ef2ea1357f3c210e6675" \
	"5166cc48c2386ef66a182312c79ad86ce8c958674eb645bdd4daa30191046996c1ce3785c394407d86e4" \
	"1f326888ea655f1b1da4d5e303f9cfae16c38a3533fed23b1a2d91400a9e63f09de2fda11cfb8e278516" \
	"3b118505dd671bd9778571e387af44d62878a1143d157e2941dcba3ef414602e3e6d7b0576035e9a9b7e" \
	"f62be1aad609c7ca1ab6c94ba8db6a5812bca4534d0d4e6df\0"

/* Encrypted messages: RSA-2048 with AES-256, signed; */
#define G15 \
	"1:1700000017:alice:ALPHA:79692064:41900004:Ot0WeWgN8kYja4quiu969GtNe7MTm9biMP7JRhNQS" \
	"0pZCrWTbWFHRqazsj/vOfha43lDe60bw6g9VM13KA/eU1W6XRhc/LvceQLODnaI4fEH1Bnnn8LJiLR15keIQ" \
	"+WS4Wfwg4nY0+6V0kDgLMxTrpsb7HmYMWQcciXUgP8vtshbdTdsmQyhfP4M9uKbvQzfOgDknT4UU7Ckr0QK0" \
	"dbxrH9RQ8UWFSiP4z4kWD81O23Y4BBAOhZ5KAV4H+iVc3lsDltiZwuaG+R4mtM+F2tiWa6IkqmbLt3jlnssl" \
	"jaaIJN9MFw41nfF11XWIHpfdFDzpxdh7csL9bgL3hKb56nB0A==:UDl2BaFZXj+eGX4dLzPH5xbSvxwlGc7t" \
	"hIaXrH3qkWQ=:UxmYeySwy69FWRtpKL9RnWi4IAPEOvFfLkbTzlS2XSDCV3qDAO5LpX5d4Cvn1vrSdXGBb91" \
	"hxRzyIt4NzHZragCq1E8V0yzaiEojanY3Q1WeW21RfI1ckv7gYSarUDgsP9ftN32n0dt6N0ngauHnP1uTnvn" \
	"4enbBEBF0uXz4OO/C5qxi7Ekr8arVV7d00bMb7aQYe7mgVNlSak28blGiroETB/6pnVoZrze1v846EW2uLSa" \
	"6uTJFaNXG6QvdCka5DSRwmHq7Jyzrfp38npFQmsfHs5DAA+7RY8oMKl+uGTGA1272sY+2EBLo8FSmQ3CMMi+" \
	"R10bE+2dpdyeqP8uBPg==\0"

/* RSA-1024 with Blowfish. */
#define G16 \
	"1:1700000018:alice:ALPHA:4194592:1820002:pbKPxX0ZtO6rygKBunzIp77qceAvXIg2IZCftnPst8R" \
	"V7X408lMDdy76c+uoReVtuQcBiozsLAO3SrDdKIT7rmd5VKXpJkJSRsCWRh152daYaMhOwEmy3RGtmjppuWx" \
	"+MdVk4R+5L8OMU/+7KqbLkU3xHzkSHJ3sNCK91S5Fh6s=:AFDfnYD1nbkGVP6O3GnkrQ==\0"

/* A file and a folder on offer; a ':' in a name is doubled. */
#define G17 \
	"1:1700000020:alice:ALPHA:2097440:see files\0""0:a::b.txt:5:65535500:1:\a1:docs:0:655" \
	"35500:2:\a\0"

/* TCP requests for the one and the other, */
#define G18a "1:1700000103:bob:BETA:96:6553f114:0:0:\0"
#define G18b "1:1700000104:bob:BETA:98:6553f114:1:\0"

/* and the stream that answers the latter, which is no packet. */
#define G19 \
	"002e:docs:000000000:2:14=65535500:16=65535500:002f:r.txt:000000003:1:14=65535500:16=" \
	"65535500:abc002d:sub:000000000:2:14=65535500:16=65535500:0023:.:0:3:14=65535500:16=6" \
	"5535500:0023:.:0:3:14=65535500:16=65535500:"

/* RELEASEFILES. */
#define G19r "1:1700000105:bob:BETA:97:1700000020\0"

/* An IPDict: no header as in other packets. */
#define G20 "IP2:34:VER:1:3:PKT:8:6553f115:NUMS:a:3:3e8:2:-1:UID:5:alice:Z"

/* The rendezvous' commands without a body. */
#define G21a "1:1700000106:gw:GW1:128:\0"
#define G21b "1:1700000107:rdv:SRV:129:\0"

/* GETINFO, SENDINFO, GETABSENCEINFO, SENDABSENCEINFO. */
#define G22a "1:1700000023:alice:ALPHA:64:\0"
#define G22b "1:1700000108:bob:BETA:65:ipmsgd 0.1\0"
#define G22c "1:1700000024:alice:ALPHA:80:\0"
#define G22d "1:1700000109:bob:BETA:81:Not absence mode\0"

#endif
